<?php

// usage: requests.php DIR OFFSET
// One line a wiki: requests to its API, bytes sent, seconds of work, and the most requests in flight at one moment.
// A line of the log is written when a request ends, so the log is in the order of ends.

$file = fopen( "$argv[1]/log/requests.jsonl", 'r' );
fseek( $file, (int)$argv[2] );
$wikis = [];
while ( ( $line = fgets( $file ) ) !== false ) {
	$request = json_decode( $line, true );
	if ( ( $request['script'] ?? '' ) === 'api' ) {
		$wiki = &$wikis[$request['wiki']];
		$wiki ??= [ 'requests' => 0, 'errors' => 0, 'bytes' => 0, 'seconds' => 0, 'events' => [] ];
		$wiki['requests']++;
		$wiki['errors'] += $request['status'] === 200 ? 0 : 1;
		$wiki['bytes'] += $request['bytes'];
		$wiki['seconds'] += $request['seconds'];
		// In whole milliseconds; a request that begins in the one in which another ends doesn't overlap it.
		$end = (int)round( $request['end'] * 1000 );
		$wiki['events'][] = [ $end - (int)round( $request['seconds'] * 1000 ), 1 ];
		$wiki['events'][] = [ $end, -1 ];
		unset( $wiki );
	}
}
echo "dbname\trequests\terrors\tbytes\tseconds\tin_flight\n";
foreach ( $wikis as $name => $wiki ) {
	sort( $wiki['events'] );
	$now = $most = 0;
	foreach ( $wiki['events'] as [ , $step ] ) {
		$now += $step;
		$most = max( $most, $now );
	}
	printf( "%s\t%d\t%d\t%d\t%.3f\t%d\n", $name, $wiki['requests'], $wiki['errors'], $wiki['bytes'], $wiki['seconds'], max( 1, $most ) );
}
