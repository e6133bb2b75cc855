<?php

// usage: truth.php DIR
// What the databases of the farm hold of namespace 828, without MediaWiki in between: one line a page, tab separated,
// in the order of the wikis' list and of page ids. Titles are raw bytes (a title holds no tab and no newline).
// text_sha1 is of the stored bytes, api_sha1 of what the API delivers of them: it normalizes (NFC, and on Arabic
// wikis the presentation forms). Both are empty where the text is lost.

require_once __DIR__ . '/Reader.php';
require_once '/usr/share/mediawiki/vendor/autoload.php';

use MediaWiki\Languages\Data\NormalizeAr;
use UtfNormal\Validator;

$columns = [ 'dbname', 'page_id', 'page_title', 'page_latest', 'page_content_model', 'page_len', 'rev_sha1', 'text_sha1',
	'api_sha1', 'page_is_redirect', 'rev_deleted' ];
$query = <<<'SQL'
	SELECT page_id, page_title, page_latest, COALESCE(page_content_model, model_name) AS page_content_model, page_len,
		rev_sha1, SHA1(old_text) AS text_sha1, page_is_redirect, rev_deleted, old_text
	FROM page
	JOIN revision ON rev_id = page_latest
	JOIN slots ON slot_revision_id = rev_id
	JOIN slot_roles ON role_id = slot_role_id AND role_name = 'main'
	JOIN content ON content_id = slot_content_id
	JOIN content_models ON model_id = content_model
	LEFT JOIN text ON old_id = CAST(SUBSTRING(content_address, 4) AS UNSIGNED)
	WHERE page_namespace = 828
	ORDER BY page_id
	SQL;

$reader = new Reader( $argv[1] );
require_once '/usr/share/mediawiki/includes/languages/data/NormalizeAr.php';
echo implode( "\t", $columns ) . "\n";
foreach ( $reader->wikis() as $wiki ) {
	$database = $reader->database( $wiki['dbname'] );
	foreach ( $database->query( $query, MYSQLI_USE_RESULT ) as $row ) {
		$row['dbname'] = $wiki['dbname'];
		$row['api_sha1'] = '';
		if ( $row['old_text'] !== null ) {
			$text = Validator::cleanUp( $row['old_text'] );
			$row['api_sha1'] = sha1( $wiki['lang'] === 'ar' ? strtr( $text, NormalizeAr::PAIRS ) : $text );
		}
		echo implode( "\t", array_map( static fn ( $column ) => $row[$column] ?? '', $columns ) ) . "\n";
	}
}
