<?php

// usage: check.php DIR
// Asks each wiki of the farm through its API and compares with its database; a line for each thing that is wrong.

require_once __DIR__ . '/Reader.php';

$reader = new Reader( $argv[1] );
$wrong = 0;
$cut = 0;

function expect( bool $good, string $what ): void {
	global $wrong;
	if ( !$good ) {
		$wrong++;
		echo "wrong: $what\n";
	}
}

/** @return array<int, array> What a query yields in all its parts, by page id; contents of a cut answer are merged. */
function all_pages( Reader $reader, array $wiki, array $parameters ): array {
	global $cut;
	$pages = [];
	$continue = [];
	do {
		$answer = $reader->api( $wiki['url'], $continue + $parameters + [ 'action' => 'query' ] );
		expect( isset( $answer['query'] ) || isset( $answer['batchcomplete'] ),
			"{$wiki['dbname']} answers " . substr( json_encode( $answer['error'] ?? $answer ), 0, 200 ) );
		$cut += isset( $answer['warnings']['result'] ) ? 1 : 0;
		foreach ( $answer['query']['pages'] ?? [] as $page ) {
			// The page at which an answer is cut comes with an empty list.
			$page = array_filter( $page, static fn ( $value ) => $value !== [] );
			$pages[$page['pageid']] = ( $pages[$page['pageid']] ?? [] ) + $page;
		}
		$continue = $answer['continue'] ?? [];
	} while ( $continue );
	return $pages;
}

foreach ( $reader->wikis() as $wiki ) {
	$name = $wiki['dbname'];
	$database = $reader->database( $name );
	$stored = [];
	foreach ( $database->query( 'SELECT page_id, page_title, page_latest, page_len FROM page WHERE page_namespace = 828' ) as $row ) {
		$stored[$row['page_id']] = $row;
	}
	$listed = all_pages( $reader, $wiki, [ 'generator' => 'allpages', 'gapnamespace' => 828, 'gaplimit' => 500, 'prop' => 'info' ] );
	expect( count( $listed ) === count( $stored ), "$name lists " . count( $listed ) . ' pages, its database has ' . count( $stored ) );
	foreach ( $listed as $id => $page ) {
		$row = $stored[$id] ?? null;
		$title = str_replace( ' ', '_', explode( ':', $page['title'], 2 )[1] );
		expect( $row && $row['page_title'] === $title && (int)$row['page_latest'] === $page['lastrevid'] &&
			(int)$row['page_len'] === $page['length'], "$name lists {$page['title']} otherwise than its database has it" );
	}
	$contents = all_pages( $reader, $wiki, [ 'generator' => 'allpages', 'gapnamespace' => 828, 'gaplimit' => 50,
		'prop' => 'info|revisions', 'rvslots' => 'main', 'rvprop' => 'ids|timestamp|size|contentmodel|content' ] );
	$without = array_filter( $contents, static fn ( $page ) => !isset( $page['revisions'][0]['slots']['main']['content'] ) );
	expect( count( $contents ) === count( $stored ), "$name delivers " . count( $contents ) . ' pages with content' );
	expect( count( $without ) <= 1, "$name delivers " . count( $without ) . ' pages without content' );
	if ( $stored ) {
		$parsed = $reader->api( $wiki['url'], [ 'action' => 'parse', 'title' => 'X', 'contentmodel' => 'wikitext',
			'prop' => 'text', 'text' => '{{#invoke:Math|gcd|84|36}}={{#invoke:Languages|name|got}}' ] );
		expect( str_contains( $parsed['parse']['text'] ?? '', '12=𐌲𐌿𐍄𐌹𐍃𐌺' ), "$name doesn't run Lua" );
		$article = $reader->api( $wiki['url'], [ 'action' => 'parse', 'page' => 'Article 2', 'prop' => 'text|templates' ] );
		expect( !str_contains( $article['parse']['text'] ?? 'scribunto-error', 'scribunto-error' ), "$name has Lua errors in Article 2" );
	}
	printf( "%s\t%d pages in namespace 828\t%d without content\n", $name, count( $stored ), count( $without ) );
}
foreach ( $reader->wikis( 'extra' ) as $wiki ) {
	$answer = $reader->api( $wiki['url'], [ 'action' => 'query', 'list' => 'allpages', 'apnamespace' => 828 ] );
	expect( isset( $answer['error'] ) || isset( $answer['warnings'] ), "{$wiki['dbname']} knows namespace 828" );
}
echo "$cut answers were cut by size\n";
expect( $cut > 0 || !isset( $reader->wikis()['enwiki'] ), 'no answer was cut by size' );
exit( $wrong ? 1 : 0 );
