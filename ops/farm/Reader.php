<?php

/** The farm as its scripts outside MediaWiki see it: where it is, which wikis it has, its database. */
class Reader {
	/** @var array<string, string> */
	private array $settings;

	public function __construct( public readonly string $directory ) {
		$this->settings = parse_ini_file( "$directory/private/farm.ini", false, INI_SCANNER_RAW );
	}

	/** @return array<string, array{dbname: string, url: string, lang: string, family: string, closed: string}> */
	public function wikis( string $list = 'wikis' ): array {
		$lines = file( "{$this->directory}/$list.tsv", FILE_IGNORE_NEW_LINES );
		$names = explode( "\t", array_shift( $lines ) );
		$wikis = [];
		foreach ( $lines as $line ) {
			$wiki = array_combine( $names, explode( "\t", $line ) );
			$wikis[$wiki['dbname']] = $wiki;
		}
		return $wikis;
	}

	public function database( string $name ): mysqli {
		mysqli_report( MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT );
		$connection = new mysqli( 'localhost', 'reader', $this->settings['reader_password'], $name, 0,
			$this->settings['sockets'] . '/mariadb' );
		$connection->query( 'SET NAMES binary' );
		return $connection;
	}

	/** The answer of a wiki's API, decoded; null when it isn't one. */
	public function api( string $url, array $parameters ): ?array {
		$query = http_build_query( $parameters + [ 'format' => 'json', 'formatversion' => 2 ] );
		$context = stream_context_create( [ 'http' => [ 'ignore_errors' => true, 'timeout' => 60,
			'user_agent' => 'wikifarm-check/1.0 (localhost)' ] ] );
		return json_decode( (string)@file_get_contents( "$url/api.php?$query", false, $context ), true );
	}
}
