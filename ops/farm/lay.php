<?php

require_once __DIR__ . '/FarmScript.php';

use MediaWiki\Extension\Scribunto\Scribunto;
use Wikimedia\Timestamp\ConvertibleTimestamp;

/** Lays the first content of one wiki: histories as an import brings them, then moves, deletions and the rest as actions. */
class Lay extends FarmScript {
	/** Every page that is laid, in the order of laying: [ Title, revisions: [ text, model ][] ]. */
	private array $plan = [];
	private int $clock;

	public function __construct() {
		parent::__construct();
		$this->addOption( 'seed', 'what the content follows from', true, true );
		$this->addOption( 'modules', 'modules of the whole family, roughly', true, true );
	}

	public function execute() {
		$this->begin( (int)$this->getOption( 'seed' ) );
		$this->clock = gmmktime( 0, 0, 0, 1, 1, 2013 );
		ConvertibleTimestamp::setFakeTime( $this->clock );
		$weights = $this->weights();
		$weight = $weights[$this->dbname];
		$modules = (int)round( (int)$this->getOption( 'modules' ) * $weight / max( 1, array_sum( $weights ) ) );
		if ( $weight > 0 ) {
			$this->planModules( $modules, $weight );
			$this->planPages( 6 + intdiv( $weight, 2 ) );
			$this->carryOut();
			$this->act();
		}
		$this->deriveLinks();
		if ( $weight >= 10 ) {
			$this->breakOne();
		}
		ConvertibleTimestamp::setFakeTime( false );
		$this->letBotIn();
		$dbw = $this->getDB( DB_PRIMARY );
		SiteStatsInit::doAllAndCommit( $dbw );
		$count = $dbw->selectField( 'page', 'COUNT(*)', [ 'page_namespace' => self::MODULE ], __METHOD__ );
		$this->output( "{$this->dbname}: $count pages in namespace 828\n" );
	}

	/** The bot password of the family: name and password, a line each. */
	private function letBotIn(): void {
		[ $name, $password ] = file( getenv( 'PERIGEE_FARM' ) . '/private/bot.pass', FILE_IGNORE_NEW_LINES );
		[ $user, $application ] = explode( '@', $name );
		$bot = BotPassword::newUnsaved( [
			'user' => $this->user( array_search( $user, self::USERS ) ),
			'appId' => $application,
			'grants' => [ 'basic', 'highvolume' ],
		] );
		$hash = $this->services->getPasswordFactory()->newFromPlaintext( $password );
		if ( !$bot || !$bot->save( 'insert', $hash )->isGood() ) {
			$this->fatalError( "$name can't be let in" );
		}
	}

	private function weights(): array {
		$weights = [];
		foreach ( array_slice( file( getenv( 'PERIGEE_FARM' ) . '/private/wikis.tsv' ), 1 ) as $line ) {
			$fields = explode( "\t", $line );
			$weights[$fields[0]] = (int)$fields[4];
		}
		return $weights;
	}

	private function planModules( int $modules, int $weight ): void {
		global $wgCapitalLinks;
		$names = [];
		foreach ( Library::baseNames() as $name ) {
			$names[] = $name;
			$this->add( $name, $this->history( $this->library->base( $name ) ) );
		}
		foreach ( $weight >= 8 ? Oddities::sources() : [] as $name => $text ) {
			$this->add( $name, [ [ $text, null ] ] );
		}
		$titles = Oddities::titles( $wgCapitalLinks );
		foreach ( array_slice( $titles, 0, $weight >= 12 ? null : $weight * 2 ) as $number => $name ) {
			$this->add( $name, $this->history( $this->library->generated( 2 * $number + 1 ) ) );
		}
		$this->planLarge( $weight );
		$this->planModels();
		foreach ( [ 'String', 'Convert', 'Navbox' ] as $name ) {
			$this->add( "$name/sandbox", $this->history( $this->library->edited( $this->library->base( $name ), 7 ) ) );
		}
		for ( $number = 1; count( $this->plan ) < $modules || $number <= 24; $number++ ) {
			$base = Library::baseNames()[$number % count( Library::baseNames() )];
			[ $name, $text ] = match ( $number % 6 ) {
				0 => [ "Fork $number", $this->library->base( $base ) ],
				1 => [ "Fork $number", $this->library->edited( $this->library->base( $base ), $number ) ],
				2 => [ "Tables/data/$number", $this->library->generated( 2 * $number ) ],
				default => [ "Generated $number", $this->library->generated( $number ) ],
			};
			$names[] = $name;
			$this->add( $name, $this->history( $text ) );
		}
		// Documentation after the modules, or links would not be derived from it.
		foreach ( $names as $number => $name ) {
			if ( $number % 3 !== 2 ) {
				$this->addDocumentation( $name, $number );
			}
		}
		// The largest wiki needs more than one listing of 500, whatever was asked for.
		for ( $number = 1; $weight >= 50 && count( $this->plan ) < 560; $number++ ) {
			$this->add( "More/$number", [ [ $this->library->generated( 5000 + $number ), null ] ] );
		}
	}

	/** Ones near the largest size that a page may have; on the largest wiki they come in one answer and don't fit. */
	private function planLarge( int $weight ): void {
		$count = $weight >= 50 ? 12 : ( $weight >= 16 ? 3 : 0 );
		for ( $number = 1; $number <= $count; $number++ ) {
			$this->add( sprintf( 'Corpus/%02d', $number ),
				[ [ $this->library->large( $number, 900000 + 20000 * $number ), null ] ] );
		}
		if ( $count > 0 ) {
			$this->add( 'Corpus/all', [ [ $this->library->large( 99, 1900000 ), null ] ] );
		}
	}

	/** Pages of other content models, by their title or by a change. */
	private function planModels(): void {
		$this->add( 'Countries.json', [ [ $this->library->json( 1 ), null ], [ $this->library->json( 2 ), null ] ] );
		$this->add( 'Convert/units.json', [ [ $this->library->json( 3 ), null ] ] );
		$this->add( 'Navbox/styles.css', [ [ "return '.navbox { color: #202122 }'\n", null ] ] );
		$this->add( 'Changed to wikitext', [ [ $this->library->generated( 1 ), null ], [ "Now ''prose''.", 'wikitext' ] ] );
		$this->add( 'Changed to JSON', [ [ $this->library->generated( 3 ), null ], [ $this->library->json( 4 ), 'json' ] ] );
		$this->add( 'Plain text', [ [ 'no module at all', 'text' ] ] );
		$this->add( 'Navbox/styles', [ [ ".navbox { color: #202122 }\n", 'css' ] ] );
		$this->add( 'Was wikitext', [ [ 'prose', 'wikitext' ], [ $this->library->generated( 5 ), 'Scribunto' ] ] );
	}

	private function planPages( int $articles ): void {
		foreach ( Library::templates() as $name => $text ) {
			$this->plan[] = [ $this->title( NS_TEMPLATE, $name ), [ [ $text, null ] ] ];
		}
		for ( $number = 1; $number <= $articles; $number++ ) {
			$this->plan[] = [ $this->title( NS_MAIN, "Article $number" ), [ [ $this->library->article( $number ), null ] ] ];
		}
		$this->plan[] = [ $this->title( NS_USER, 'Ada/Draft' ), [ [ $this->library->documentation( 'Draft', 0 ), null ] ] ];
		$this->plan[] = [ $this->title( 829, 'String' ), [ [ 'Talk about it. ~~~~', null ] ] ];
	}

	/** A few past revisions that lead to a text, fewer for the most pages. */
	private function history( string $text ): array {
		$past = max( 0, $this->library->random->getInt( -2, 3 ) );
		$revisions = [];
		for ( $number = 0; $number < $past; $number++ ) {
			$revisions[] = [ $this->library->edited( $text, $number + 10 * $past ), null ];
		}
		$revisions[] = [ $text, null ];
		return $revisions;
	}

	private function add( string $name, array $revisions ): void {
		$title = $this->title( self::MODULE, $name );
		if ( $title->getText() !== $name && !preg_match( '/^\p{Ll}/u', $name ) ) {
			$this->fatalError( "MediaWiki would make another title of it: $name" );
		}
		$this->plan[] = [ $title, $revisions ];
	}

	private function addDocumentation( string $name, int $number ): void {
		$title = Scribunto::getDocPage( $this->title( self::MODULE, $name ) );
		if ( $title ) {
			$this->plan[] = [ $title, [ [ $this->library->documentation( $name, $number ), null ] ] ];
		}
	}

	private function carryOut(): void {
		foreach ( array_keys( self::USERS ) as $number ) {
			$this->user( $number );
		}
		$random = $this->library->random;
		$dbw = $this->getDB( DB_PRIMARY );
		$this->beginTransaction( $dbw, __METHOD__ );
		foreach ( $this->plan as $count => [ $title, $revisions ] ) {
			$time = $this->clock;
			foreach ( $revisions as $number => [ $text, $model ] ) {
				$who = $random->getInt( 0, 9 );
				$user = self::USERS[$who] ?? self::ADDRESSES[$who - count( self::USERS )];
				$this->import( $title, $text, $time, $user, $number ? "edit $number" : 'new', $who % 3 === 1, $model );
				$time += $random->getInt( 3600, 40 * 86400 );
			}
			$this->clock += $random->getInt( 600, 43200 );
			if ( $count % 50 === 49 ) {
				$this->commitTransaction( $dbw, __METHOD__ );
				$this->beginTransaction( $dbw, __METHOD__ );
			}
		}
		$this->commitTransaction( $dbw, __METHOD__ );
	}

	/** What users do to pages after they are there. */
	private function act(): void {
		$module = fn ( string $name ) => $this->title( self::MODULE, $name );
		$this->tick();
		// A documentation page that is moved leaves a redirect, a module none.
		$this->move( Scribunto::getDocPage( $module( 'Yesno' ) ), $module( 'Yesno/Old documentation' ), 'renamed' );
		$this->move( $module( 'Generated 3' ), $module( 'Renamed 3' ), 'better name' );
		$this->move( $module( 'Fork 6' ), $module( 'Moved away and back' ), 'better name' );
		$this->move( $module( 'Moved away and back' ), $module( 'Fork 6' ), 'not better' );
		// Scribunto's content may stand in no other namespace, so what goes out and comes in is of other models.
		$this->move( $module( 'Plain text' ), $this->title( NS_USER, 'Ada/Moved out' ), 'not a module' );
		$this->move( Scribunto::getDocPage( $module( 'List' ) ), $this->title( NS_PROJECT, 'Lists' ), 'for everybody' );
		$this->move( $this->title( NS_USER, 'Ada/Draft' ), $module( 'Moved in' ), 'ready' );
		$this->tick();
		foreach ( [ 'Fork 7', 'Generated 9', 'Tables/data/8', 'Generated 10', 'Fork 12' ] as $name ) {
			$this->delete( $module( $name ), 'not used' );
		}
		$this->tick();
		$this->undelete( $module( 'Fork 7' ), 'was used' );
		$this->save( $module( 'Generated 9' ), $this->library->generated( 901 ), $this->user( 1 ), 'written anew' );
		$this->save( $module( 'Generated 10' ), $this->library->generated( 903 ), $this->user( 2 ), 'written anew' );
		$this->undelete( $module( 'Generated 10' ), 'with its history' );
		$this->save( $module( 'Math' ), $this->library->edited( $this->library->base( 'Math' ), 2 ), $this->user( 3 ), 'rounding' );
		$this->tick();
		foreach ( [ 'Arguments' => [ 'templateeditor', 'infinity' ], 'Yesno' => [ 'sysop', 'infinity' ],
			'Navbox' => [ 'autoconfirmed', '20150101000000' ] ] as $name => [ $level, $expiry ] ) {
			$this->protect( $module( $name ), $level, $expiry );
		}
		$this->hideSome();
	}

	/** Hides texts, comments and users of revisions that are not the latest. */
	private function hideSome(): void {
		$rows = $this->getDB( DB_PRIMARY )->select( [ 'revision', 'page' ], [ 'rev_id', 'page_title' ],
			[ 'page_namespace' => self::MODULE, 'rev_id <> page_latest' ], __METHOD__,
			[ 'ORDER BY' => 'rev_id', 'LIMIT' => 60 ], [ 'page' => [ 'JOIN', 'page_id = rev_page' ] ] );
		foreach ( $rows as $number => $row ) {
			if ( $number % 10 === 0 ) {
				$this->hide( Title::makeTitle( self::MODULE, $row->page_title ), (int)$row->rev_id, 1 + $number / 10 % 7 );
			}
		}
	}

	private function tick(): void {
		$this->clock += 86400;
		ConvertibleTimestamp::setFakeTime( max( $this->clock, gmmktime( 0, 0, 0, 1, 1, 2025 ) ) );
	}

	/** What an import leaves undone: the tables of links, then the jobs that come of it. */
	private function deriveLinks(): void {
		require_once '/usr/share/mediawiki/maintenance/refreshLinks.php';
		$pages = $this->getDB( DB_PRIMARY )->selectFieldValues( 'page', 'page_id', [], __METHOD__, [ 'ORDER BY' => 'page_id' ] );
		foreach ( $pages as $page ) {
			RefreshLinks::fixLinksFromArticle( (int)$page );
		}
		$this->runJobs();
	}

	/** One page whose text is lost, as old wikis have them: the API says textmissing. */
	private function breakOne(): void {
		$title = $this->title( self::MODULE, 'Odd/text lost' );
		$revision = $this->save( $title, $this->library->generated( 11 ), $this->user( 4 ), 'new' );
		$this->runJobs();
		$address = $revision->getSlot( 'main' )->getAddress();
		$this->getDB( DB_PRIMARY )->delete( 'text', [ 'old_id' => (int)substr( $address, 3 ) ], __METHOD__ );
	}
}

$maintClass = Lay::class;
require_once RUN_MAINTENANCE_IF_MAIN;
