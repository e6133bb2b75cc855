CREATE DATABASE IF NOT EXISTS meta_p;
CREATE OR REPLACE TABLE meta_p.wiki (
    dbname VARCHAR(32) NOT NULL PRIMARY KEY,
    lang VARCHAR(12) NOT NULL DEFAULT 'en',
    name TEXT,
    family TEXT,
    url TEXT,
    size NUMERIC(1) NOT NULL DEFAULT 1,
    slice TEXT NOT NULL,
    is_closed NUMERIC(1) NOT NULL DEFAULT 0,
    has_echo NUMERIC(1) NOT NULL DEFAULT 1,
    has_flaggedrevs NUMERIC(1) NOT NULL DEFAULT 0,
    has_visualeditor NUMERIC(1) NOT NULL DEFAULT 0,
    has_wikidata NUMERIC(1) NOT NULL DEFAULT 0,
    is_sensitive NUMERIC(1) NOT NULL DEFAULT 0
) CHARSET = utf8mb4;
INSERT INTO meta_p.wiki (dbname, lang, name, family, url, size, slice, is_closed) VALUES ('tlhwiki', 'tlh', 'Wikipedia', 'wikipedia', '@BASE@/tlhwiki', 1, 's3.labsdb', 1);
