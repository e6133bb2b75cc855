<?php

use MediaWiki\MediaWikiServices;
use MediaWiki\Revision\RevisionRecord;
use MediaWiki\Revision\SlotRecord;

require_once '/usr/share/mediawiki/maintenance/Maintenance.php';
require_once __DIR__ . '/Library.php';
require_once __DIR__ . '/Oddities.php';

/** What the farm's scripts do to a wiki, each through the code of MediaWiki that a user's action goes through. */
abstract class FarmScript extends Maintenance {
	protected const MODULE = 828;
	protected const USERS = [ 'Ada', 'Boris', 'Çelik', 'ধীমান', 'مريم', 'O\'Neill "Q"', 'HarvestBot' ];
	protected const ADDRESSES = [ '192.0.2.7', '198.51.100.23', '2001:DB8:0:0:0:0:0:1' ];

	protected Library $library;
	protected MediaWikiServices $services;
	protected string $dbname;

	protected function begin( int $seed ): void {
		global $wgDBname, $wgLanguageCode;
		$this->dbname = $wgDBname;
		$this->services = MediaWikiServices::getInstance();
		$namespace = $this->services->getContentLanguage()->getNsText( self::MODULE );
		$this->library = new Library( $namespace ?: 'Module', $wgLanguageCode, $wgDBname, $seed );
	}

	protected function user( int $number ): User {
		$name = self::USERS[$number % count( self::USERS )];
		$user = User::newFromName( $name );
		if ( !$user->getId() ) {
			$user->addToDatabase();
			if ( $name === 'HarvestBot' ) {
				$this->services->getUserGroupManager()->addUserToGroup( $user, 'bot' );
			}
		}
		return $user;
	}

	protected function admin(): User {
		return User::newSystemUser( 'Maintenance script', [ 'steal' => true ] );
	}

	protected function title( int $namespace, string $text ): Title {
		$title = Title::makeTitleSafe( $namespace, $text );
		if ( !$title ) {
			$this->fatalError( "not a title in $namespace: $text" );
		}
		return $title;
	}

	protected function page( Title $title ): WikiPage {
		return $this->services->getWikiPageFactory()->newFromTitle( Title::newFromText( $title->getPrefixedText() ) ?? $title );
	}

	/** Saves a revision as a user would; the model is that of the page, or the title's default, unless given. */
	protected function save( Title $title, string $text, User $user, string $comment, ?string $model = null ): RevisionRecord {
		$page = $this->services->getWikiPageFactory()->newFromTitle( $title );
		$content = ContentHandler::makeContent( $text, $title, $model );
		$updater = $page->newPageUpdater( $user );
		$updater->setContent( SlotRecord::MAIN, $content );
		$updater->saveRevision( CommentStoreComment::newUnsavedComment( $comment ) );
		$this->expect( $updater->getStatus(), "save $title" );
		return $updater->getNewRevision() ?? $page->getRevisionRecord();
	}

	/** Stores a revision as Special:Import does: any text, time and user; links are not yet derived from it. */
	protected function import( Title $title, string $text, int $time, string $user, string $comment, bool $minor,
		?string $model = null
	): void {
		$revision = new WikiRevision( new HashConfig() );
		$revision->setTitle( $title );
		if ( $model ) {
			$revision->setModel( $model );
		}
		$content = ContentHandler::makeContent( $text, $title, $model );
		$revision->setContent( SlotRecord::MAIN, $content );
		$revision->setTimestamp( wfTimestamp( TS_MW, $time ) );
		$revision->setUsername( $user );
		$revision->setComment( $comment );
		$revision->setMinor( $minor );
		$revision->setNoUpdates( true );
		if ( !$revision->importOldRevision() ) {
			$this->fatalError( "could not import a revision of $title" );
		}
	}

	protected function move( Title $from, Title $to, string $reason ): void {
		$move = $this->services->getMovePageFactory()->newMovePage( $from, $to );
		$this->expect( $move->isValidMove(), "move $from to $to" );
		$this->expect( $move->move( $this->admin(), $reason, true ), "move $from to $to" );
	}

	protected function delete( Title $title, string $reason ): void {
		$page = $this->services->getWikiPageFactory()->newFromTitle( $title );
		$delete = $this->services->getDeletePageFactory()->newDeletePage( $page, $this->admin() );
		$this->expect( $delete->forceImmediate( true )->deleteUnsafe( $reason ), "delete $title" );
	}

	/**
	 * False when MediaWiki refuses, which has to be expected: it takes no text back that Scribunto wouldn't take as an edit.
	 */
	protected function undelete( Title $title, string $reason, bool $mayBeRefused = false ): bool {
		$page = $this->services->getWikiPageFactory()->newFromTitle( $title );
		$undelete = $this->services->getUndeletePageFactory()->newUndeletePage( $page, $this->admin() );
		$status = $undelete->undeleteUnsafe( $reason );
		if ( $mayBeRefused && str_starts_with( (string)( $status->getErrors()[0]['message'] ?? '' ), 'scribunto-lua-error' ) ) {
			return false;
		}
		$this->expect( $status, "undelete $title" );
		return true;
	}

	/** Hides what the bits say of one past revision: 1 its text, 2 its comment, 4 its user. */
	protected function hide( Title $title, int $revision, int $bits ): void {
		$context = new DerivativeContext( RequestContext::getMain() );
		$context->setUser( $this->admin() );
		$list = RevisionDeleter::createList( 'revision', $context, $title, [ $revision ] );
		$value = [];
		foreach ( [ RevisionRecord::DELETED_TEXT, RevisionRecord::DELETED_COMMENT, RevisionRecord::DELETED_USER ] as $bit ) {
			$value[$bit] = $bits & $bit ? 1 : 0;
		}
		$this->expect( $list->setVisibility( [ 'value' => $value, 'comment' => 'hidden', 'perItemStatus' => false ] ),
			"hide $revision of $title" );
	}

	protected function protect( Title $title, string $level, string $expiry ): void {
		$page = $this->services->getWikiPageFactory()->newFromTitle( $title );
		$cascade = false;
		$this->expect( $page->doUpdateRestrictions( [ 'edit' => $level, 'move' => $level ],
			[ 'edit' => $expiry, 'move' => $expiry ], $cascade, 'much used', $this->admin() ), "protect $title" );
	}

	protected function expect( StatusValue $status, string $what ): void {
		if ( !$status->isGood() && !$status->isOK() ) {
			$this->fatalError( "{$this->dbname}: $what: " . ( $status->getErrors()[0]['message'] ?? 'failed' ) );
		}
	}

	protected function runJobs(): void {
		DeferredUpdates::doUpdates();
		do {
			$result = $this->services->getJobRunner()->run( [ 'maxJobs' => 1000 ] );
			DeferredUpdates::doUpdates();
		} while ( $result['reached'] === 'job-limit' );
	}
}
