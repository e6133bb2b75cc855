<?php
// One configuration for every wiki of the farm. PERIGEE_FARM names the farm's directory; the wiki is named by
// --wiki=DBNAME (maintenance scripts) or by the web server (requests).

if ( !defined( 'MEDIAWIKI' ) ) {
	exit;
}

$farmDirectory = getenv( 'PERIGEE_FARM' );
$farm = parse_ini_file( "$farmDirectory/private/farm.ini", false, INI_SCANNER_RAW );
$farmWiki = null;
$farmName = defined( 'MW_DB' ) ? MW_DB : ( $_SERVER['PERIGEE_WIKI'] ?? '' );
foreach ( file( "$farmDirectory/private/wikis.tsv", FILE_IGNORE_NEW_LINES ) as $line ) {
	[ $dbname, $lang, $family, $closed, , $namespace, $name ] = explode( "\t", $line );
	if ( $dbname === $farmName ) {
		$farmWiki = [ 'lang' => $lang, 'family' => $family, 'closed' => $closed === '1', 'name' => $name,
			'scribunto' => $namespace !== '' ];
	}
}
if ( !$farmWiki ) {
	http_response_code( 404 );
	echo "No wiki '$farmName' in this farm.\n";
	exit( 1 );
}

$wgSitename = $farmWiki['name'];
$wgRightsText = 'Creative Commons Attribution-Share Alike 4.0';
$wgRightsUrl = 'https://creativecommons.org/licenses/by-sa/4.0/';
$wgMetaNamespace = 'Project';
$wgLanguageCode = $farmWiki['lang'];
$wgLocaltimezone = 'UTC';
$wgServer = "http://127.0.0.1:{$farm['port']}";
$wgCanonicalServer = $wgServer;
$wgScriptPath = "/$farmName";
$wgArticlePath = "/$farmName/wiki/\$1";
$wgResourceBasePath = '/shared';
$wgStylePath = '/shared/skins';
$wgExtensionAssetsPath = '/shared/extensions';
$wgEnableEmail = false;
$wgEnableUploads = false;
$wgUseInstantCommons = false;
$wgPingback = false;
$wgShowExceptionDetails = true;

$wgDBtype = 'mysql';
$wgDBserver = "localhost:{$farm['sockets']}/mariadb";
$wgDBname = $farmName;
$wgDBuser = 'mediawiki';
$wgDBpassword = $farm['database_password'];
$wgDBTableOptions = 'ENGINE=InnoDB, DEFAULT CHARSET=binary';
$wgSecretKey = $farm['secret_key'];
$wgUpgradeKey = $farm['upgrade_key'];
$wgCompressRevisions = false;

// No caches but of messages on disk: the command line and the web server share none, so an edit made by a script
// would be served stale.
$wgMainCacheType = CACHE_NONE;
$wgMessageCacheType = CACHE_NONE;
$wgParserCacheType = CACHE_NONE;
$wgLanguageConverterCacheType = CACHE_NONE;
$wgSessionCacheType = CACHE_DB;
$wgUseDatabaseMessages = false;
$wgEnableSidebarCache = false;
$wgCacheDirectory = "$farmDirectory/cache/" . ( $farmWiki['scribunto'] ? 'scribunto' : 'plain' );
$wgLocalisationCacheConf['store'] = 'array';
$wgLocalisationCacheConf['storeDirectory'] = $wgCacheDirectory;
$wgTmpDirectory = "$farmDirectory/tmp";
$wgDisableOutputCompression = true;
$wgJobRunRate = 0;
$wgMemoryLimit = '768M';
$wgMaxShellMemory = 0;

// As on Wikimedia.
$wgCapitalLinks = $farmWiki['family'] !== 'wiktionary';
$wgRestrictionLevels = [ '', 'autoconfirmed', 'extendedconfirmed', 'templateeditor', 'sysop' ];
$wgAvailableRights[] = 'extendedconfirmed';
$wgAvailableRights[] = 'templateeditor';
$wgGroupPermissions['templateeditor']['templateeditor'] = true;
$wgGroupPermissions['templateeditor']['extendedconfirmed'] = true;
$wgGroupPermissions['sysop']['extendedconfirmed'] = true;
$wgGroupPermissions['sysop']['templateeditor'] = true;
$wgGroupPermissions['sysop']['deleterevision'] = true;
$wgGroupPermissions['bot']['apihighlimits'] = true;
if ( $farmWiki['closed'] ) {
	foreach ( [ '*', 'user', 'autoconfirmed', 'sysop' ] as $group ) {
		$wgGroupPermissions[$group]['edit'] = false;
		$wgGroupPermissions[$group]['createpage'] = false;
	}
}

$wgDefaultSkin = 'vector';
wfLoadSkin( 'Vector' );
wfLoadExtension( 'ParserFunctions' );
if ( $farmWiki['scribunto'] ) {
	wfLoadExtension( 'Scribunto' );
	$wgScribuntoDefaultEngine = 'luasandbox';
	$wgScribuntoEngineConf['luasandbox']['cpuLimit'] = 30;
}
