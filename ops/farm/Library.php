<?php

use Random\Engine\Mt19937;
use Random\Randomizer;

/**
 * The texts of the farm: Lua modules in the words of one wiki, data modules, documentation, pages that use them.
 * Everything follows from the seed; a data module with the same number is the same text on every wiki.
 */
class Library {
	private const WORDS = [ 'river', 'stone', 'harbour', 'willow', 'lantern', 'copper', 'meadow', 'orbit', 'velvet',
		'summit', 'Straße', 'café', 'naïve', 'мост', 'ночь', 'নদী', 'قمر', 'גשר', '東京', '한국', '𝔸lpha', '𐍈wl', '🦉' ];

	private array $messages;
	public Randomizer $random;

	public function __construct(
		private string $namespace,
		string $lang,
		string $dbname,
		private int $seed
	) {
		$all = json_decode( file_get_contents( __DIR__ . '/content/messages.json' ), true );
		$this->messages = $all[$lang] ?? $all['en'];
		$this->random = self::randomizer( "$seed/$dbname" );
	}

	public static function randomizer( string $key ): Randomizer {
		return new Randomizer( new Mt19937( crc32( $key ) ) );
	}

	/** @return string[] The names of the modules that every wiki with modules has, in the order of creation. */
	public static function baseNames(): array {
		return [ 'Arguments', 'Yesno', 'TableTools', 'String', 'List', 'Navbox', 'Date', 'Convert/data', 'Convert',
			'Math', 'Infobox', 'Coordinates', 'Citation/Configuration', 'Citation', 'Unittests', 'String/testcases',
			'Languages/data', 'Languages' ];
	}

	/** A base module in this wiki's words: its namespace in `require`, its messages. */
	public function base( string $name ): string {
		$text = file_get_contents( __DIR__ . '/content/' . str_replace( '/', '-', $name ) . '.lua' );
		$text = preg_replace( "/(['\"])Module:/", '${1}' . $this->namespace . ':', $text );
		foreach ( $this->messages as $key => $message ) {
			$text = str_replace( "@$key@", $message, $text );
		}
		return $text;
	}

	/** A copy with a small edit, of which there are several kinds. */
	public function edited( string $text, int $number ): string {
		switch ( $number % 5 ) {
			case 0:
				return "-- Copy $number; see the original.\n" . $text;
			case 1:
				return str_replace( "\t", '    ', $text );
			case 2:
				return rtrim( $text ) . "\n-- revised $number\n";
			case 3:
				return preg_replace( '/^local p = \{\}$/m', "local p = { version = $number }", $text, 1 ) . "\n";
			default:
				return preg_replace( '/^(-- .*)$/m', "\$1 ($number)", $text, 1 ) . " \n--[[ $number ]]";
		}
	}

	/** A generated module; even numbers are data, odd ones functions. */
	public function generated( int $number ): string {
		$random = self::randomizer( "{$this->seed}/generated/$number" );
		$rows = $random->getInt( 3, 60 );
		$text = "-- Generated, number $number.\n";
		if ( $number % 2 === 0 ) {
			$text .= "return {\n";
			for ( $row = 1; $row <= $rows; $row++ ) {
				$text .= sprintf( "\t[%d] = { name = '%s %s', value = %d },\n", $row, $this->word( $random ),
					$this->word( $random ), $random->getInt( 0, 100000 ) );
			}
			return $text . "}\n";
		}
		$text .= "local p = {}\n";
		for ( $row = 1; $row <= 1 + intdiv( $rows, 8 ); $row++ ) {
			$text .= sprintf( "\nfunction p.f%d(frame)\n\tlocal value = tonumber(frame.args[1]) or %d\n"
				. "\treturn '%s ' .. value * %d\nend\n", $row, $random->getInt( 1, 99 ), $this->word( $random ),
				$random->getInt( 2, 50 ) );
		}
		return $text . "\nreturn p\n";
	}

	/** A data module of about so many bytes. */
	public function large( int $number, int $bytes ): string {
		$random = self::randomizer( "{$this->seed}/large/$number" );
		$parts = [ "-- Corpus $number.\nreturn {\n" ];
		$size = strlen( $parts[0] ) + 2;
		for ( $row = 1; $size < $bytes - 200; $row++ ) {
			$part = sprintf( "\t{ %d, '%s', '%s', [[%s]] },\n", $row, $this->word( $random ),
				bin2hex( $random->getBytes( 24 ) ), $this->word( $random ) );
			$parts[] = $part;
			$size += strlen( $part );
		}
		return implode( '', $parts ) . "}\n";
	}

	public function json( int $number ): string {
		$random = self::randomizer( "{$this->seed}/json/$number" );
		$rows = [];
		for ( $row = 0; $row < 8; $row++ ) {
			$rows[$this->word( $random ) . " $row"] = [ 'id' => $random->getInt( 1, 9999 ), 'on' => $row % 2 === 0 ];
		}
		return json_encode( $rows, JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE );
	}

	public function documentation( string $module, int $number ): string {
		return "This is the documentation of [[{$this->namespace}:$module]].\n\n== Use ==\n"
			. "<code><nowiki>{{#invoke:$module|main}}</nowiki></code> number $number, {{tl|Convert}}.\n"
			. "<includeonly>[[Category:Modules]]</includeonly>\n";
	}

	/** @return string[] Templates by name. */
	public static function templates(): array {
		return [
			'Tl' => '<code>&#123;&#123;[[Template:{{{1}}}|{{{1}}}]]&#125;&#125;</code>',
			'Convert' => '{{#invoke:Convert|main}}<noinclude>[[Category:Templates]]</noinclude>',
			'Navbox' => '{{#invoke:Navbox|navbox}}',
			'Infobox' => '{{#invoke:Infobox|infobox}}',
			'Cite' => '<ref-less>{{#invoke:Citation|citation}}</ref-less>',
			'Sum' => '{{#invoke:Math|sum}}',
			'Weekday' => '{{#invoke:Date|weekday|{{{1}}}}}',
			'Ucfirst' => '{{#invoke:String|ucfirst|{{{1|}}}}}',
			'Coord' => '{{#invoke:Coordinates|main|{{{1}}}|{{{2}}}}}',
		];
	}

	/** An ordinary page that uses templates and modules. */
	public function article( int $number ): string {
		$random = $this->random;
		$kilometres = $random->getInt( 1, 900 );
		$text = "'''Article $number''' is {{Convert|$kilometres|km|mi|1}} from "
			. "{{Coord|{$random->getInt( -80, 80 )}.5|{$random->getInt( -170, 170 )}.25}}.\n\n";
		if ( $number % 2 === 0 ) {
			$text .= "{{Infobox|title=Article $number|label1=Sum|data1={{Sum|1|2|$number}}|label2=Day|data2={{Weekday|2024-02-29}}}}\n";
		}
		if ( $number % 3 === 0 ) {
			$text .= "{{Navbox|title={{Ucfirst|{$this->word( $random )}}}|1=[[Article 1]]; [[Article 2]]|group1=More}}\n";
		}
		return $text . "{{#invoke:Languages|name|got}} {{Cite|title=Work $number|author={$this->word( $random )}}}\n[[Category:Articles]]";
	}

	public function word( Randomizer $random ): string {
		return self::WORDS[$random->getInt( 0, count( self::WORDS ) - 1 )];
	}
}
