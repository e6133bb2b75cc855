<?php

require_once __DIR__ . '/FarmScript.php';

use Random\Randomizer;

/**
 * Applies a batch of changes to one wiki and prints each as `wiki action page_id title detail`, tab separated. The
 * batch follows from the seed and from what the wiki holds; its times are those of the clock.
 */
class Edit extends FarmScript {
	/** Actions with how often each comes. Undeletions come late, so that they find what was deleted. */
	private const ACTIONS = [ 'edit' => 8, 'create' => 4, 'move' => 3, 'moveout' => 1, 'movein' => 1, 'delete' => 4,
		'model' => 1, 'hide' => 1, 'recreate' => 1, 'undelete' => 2 ];
	private Randomizer $random;
	private string $seed;
	/** @var array<int, true> Pages that this batch has changed already. */
	private array $touched = [];

	public function __construct() {
		parent::__construct();
		$this->addOption( 'seed', 'what the batch follows from', true, true );
		$this->addOption( 'count', 'changes to the whole family', true, true );
		$this->addOption( 'only', 'the actions to choose from, with commas', false, true );
	}

	public function execute() {
		$this->begin( (int)$this->getOption( 'seed' ) );
		$this->seed = $this->getOption( 'seed' );
		$actions = self::ACTIONS;
		if ( $this->getOption( 'only', '' ) !== '' ) {
			$chosen = array_flip( explode( ',', $this->getOption( 'only' ) ) );
			$actions = array_intersect_key( $actions, $chosen );
		}
		$this->random = Library::randomizer( "$this->seed/edit/{$this->dbname}" );
		foreach ( $this->batch( $actions, $this->share() ) as $number => $action ) {
			$this->{'do' . ucfirst( $action )}( $number );
		}
		$this->runJobs();
	}

	/** This wiki's part of the count: an equal one, the first wikis take the rest. */
	private function share(): int {
		$wikis = [];
		foreach ( array_slice( file( getenv( 'PERIGEE_FARM' ) . '/private/wikis.tsv' ), 1 ) as $line ) {
			$fields = explode( "\t", $line );
			if ( $fields[4] > 0 ) {
				$wikis[] = $fields[0];
			}
		}
		$place = array_search( $this->dbname, $wikis );
		$count = (int)$this->getOption( 'count' );
		return intdiv( $count, count( $wikis ) ) + ( $place < $count % count( $wikis ) ? 1 : 0 );
	}

	/** @return string[] So many actions, each about as often as its weight says, in the order of ACTIONS. */
	private function batch( array $actions, int $count ): array {
		$deck = [];
		while ( count( $deck ) < $count ) {
			$round = [];
			foreach ( $actions as $action => $weight ) {
				array_push( $round, ...array_fill( 0, $weight, $action ) );
			}
			array_push( $deck, ...$this->random->shuffleArray( $round ) );
		}
		$deck = array_slice( $deck, 0, $count );
		$order = array_flip( array_keys( $actions ) );
		usort( $deck, static fn ( $a, $b ) => $order[$a] <=> $order[$b] );
		return $deck;
	}

	/**
	 * A page of the namespace that the batch hasn't touched, of one of the models; null when there is none. What the
	 * articles stand on may be edited, but goes nowhere.
	 */
	private function pick( array $models, bool $stays = false ): ?Title {
		$dbr = $this->getDB( DB_PRIMARY );
		$rows = $dbr->select( [ 'page', 'slots', 'content', 'text' ], [ 'page_id', 'page_title' ],
			[ 'page_namespace' => self::MODULE, 'page_content_model' => $models, 'page_is_redirect' => 0, 'page_len < 200000' ],
			__METHOD__, [ 'ORDER BY' => 'page_id' ],
			// A page whose text is lost can't be edited.
			[ 'slots' => [ 'JOIN', 'slot_revision_id = page_latest' ], 'content' => [ 'JOIN', 'content_id = slot_content_id' ],
				'text' => [ 'JOIN', 'old_id = SUBSTRING(content_address, 4)' ] ] );
		$free = [];
		foreach ( $rows as $row ) {
			$base = in_array( strtr( $row->page_title, '_', ' ' ), Library::baseNames() );
			if ( !isset( $this->touched[$row->page_id] ) && ( $stays || !$base ) ) {
				$free[] = $row;
			}
		}
		if ( !$free ) {
			return null;
		}
		$row = $free[$this->random->getInt( 0, count( $free ) - 1 )];
		$this->touched[$row->page_id] = true;
		return Title::makeTitle( self::MODULE, $row->page_title );
	}

	/** A deleted page of the namespace that doesn't exist now. */
	private function pickDeleted(): ?Title {
		$titles = $this->getDB( DB_PRIMARY )->selectFieldValues( [ 'archive', 'page' ], 'ar_title',
			[ 'ar_namespace' => self::MODULE, 'page_id' => null ], __METHOD__, [ 'DISTINCT', 'ORDER BY' => 'ar_title' ],
			[ 'page' => [ 'LEFT JOIN', 'page_namespace = ar_namespace AND page_title = ar_title' ] ] );
		return $titles ? Title::makeTitle( self::MODULE, $titles[$this->random->getInt( 0, count( $titles ) - 1 )] ) : null;
	}

	private function fresh( string $name, int $number, int $namespace = self::MODULE ): Title {
		do {
			$title = $this->title( $namespace, "$name $this->seed-$number" );
			$number += 1000;
		} while ( $title->exists( Title::READ_LATEST ) );
		return $title;
	}

	private function say( string $action, Title $title, string $detail = '' ): void {
		$id = $title->getArticleID( Title::READ_LATEST );
		$this->touched[$id] = true;
		$this->output( implode( "\t", [ $this->dbname, $action, $id, $title->getPrefixedText(), $detail ] ) . "\n" );
	}

	private function doEdit( int $number ): void {
		$title = $this->pick( [ 'Scribunto', 'wikitext' ], true );
		if ( $title ) {
			$model = $title->getContentModel( Title::READ_LATEST );
			$value = $this->random->getInt( 10000, 99999 );
			$text = match ( true ) {
				$model === 'wikitext' => $this->library->documentation( $title->getText(), $value ),
				in_array( $title->getText(), Library::baseNames() ) =>
					$this->library->base( $title->getText() ) . "-- revised $value\n",
				default => $this->library->generated( $value ),
			};
			$this->save( $title, $text, $this->user( $number ), 'improved', $model );
			$this->say( 'edit', $title, $model );
		}
	}

	private function doCreate( int $number ): void {
		$title = $this->fresh( [ 'New', 'Новый', 'جديد', '🦉' ][$number % 4], $number );
		$this->save( $title, $this->library->generated( $this->random->getInt( 10000, 99999 ) ), $this->user( $number ), 'new' );
		$this->say( 'create', $title );
	}

	private function moveTo( string $action, Title $from, Title $to ): void {
		$this->move( $from, $to, 'better name' );
		$left = Title::makeTitle( $from->getNamespace(), $from->getDBkey() )->getArticleID( Title::READ_LATEST );
		// What a move leaves behind is a new page with the old title.
		$this->say( $action, $to, 'from ' . $from->getPrefixedText() . ( $left ? " leaving $left" : '' ) );
	}

	private function doMove( int $number ): void {
		$title = $this->pick( [ 'Scribunto', 'wikitext' ] );
		if ( $title ) {
			$this->moveTo( 'move', $title, $this->fresh( 'Moved', $number ) );
		}
	}

	private function doMoveout( int $number ): void {
		$title = $this->pick( [ 'wikitext' ] );
		if ( $title ) {
			$this->moveTo( 'moveout', $title, $this->fresh( 'Ada/Out', $number, NS_USER ) );
		}
	}

	private function doMovein( int $number ): void {
		$draft = $this->fresh( 'Ada/Draft', $number, NS_USER );
		$this->save( $draft, $this->library->documentation( 'Draft', $number ), $this->user( 0 ), 'draft' );
		$this->moveTo( 'movein', Title::makeTitle( NS_USER, $draft->getDBkey() ), $this->fresh( 'Moved in', $number ) );
	}

	private function doDelete( int $number ): void {
		$title = $this->pick( [ 'Scribunto', 'wikitext', 'json' ] );
		if ( $title ) {
			$id = $title->getArticleID( Title::READ_LATEST );
			$this->delete( $title, 'not used' );
			$this->output( implode( "\t", [ $this->dbname, 'delete', $id, $title->getPrefixedText(), '' ] ) . "\n" );
		}
	}

	private function doUndelete( int $number ): void {
		$title = $this->pickDeleted();
		if ( $title && $this->undelete( $title, 'was used', mayBeRefused: true ) ) {
			$this->say( 'undelete', Title::makeTitle( self::MODULE, $title->getDBkey() ) );
		}
	}

	/** A new page with the title of a deleted one, which then gets the old revisions back below its own. */
	private function doRecreate( int $number ): void {
		$title = $this->pickDeleted();
		if ( $title ) {
			$value = $this->random->getInt( 10000, 99999 );
			$text = str_ends_with( $title->getText(), '.json' ) ? $this->library->json( $value ) : $this->library->generated( $value );
			$this->save( $title, $text, $this->user( $number ), 'anew' );
			$this->say( 'recreate', $title );
		}
	}

	private function doModel( int $number ): void {
		$title = $this->pick( [ 'Scribunto' ] );
		if ( $title ) {
			$model = $number % 2 ? 'json' : 'wikitext';
			$text = $model === 'json' ? $this->library->json( $number ) : "''Prose'' $number.";
			$this->save( $title, $text, $this->admin(), 'another model', $model );
			$this->say( 'model', $title, $model );
		}
	}

	private function doHide( int $number ): void {
		$rows = iterator_to_array( $this->getDB( DB_PRIMARY )->select( [ 'revision', 'page' ], [ 'rev_id', 'page_title' ],
			[ 'page_namespace' => self::MODULE, 'rev_id <> page_latest', 'rev_deleted' => 0 ], __METHOD__,
			[ 'ORDER BY' => 'rev_id' ], [ 'page' => [ 'JOIN', 'page_id = rev_page' ] ] ) );
		if ( $rows ) {
			$row = $rows[$this->random->getInt( 0, count( $rows ) - 1 )];
			$title = Title::makeTitle( self::MODULE, $row->page_title );
			$this->hide( $title, (int)$row->rev_id, 1 + $number % 7 );
			$this->say( 'hide', $title, "revision {$row->rev_id}" );
		}
	}
}

$maintClass = Edit::class;
require_once RUN_MAINTENANCE_IF_MAIN;
