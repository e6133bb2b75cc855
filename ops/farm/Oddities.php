<?php

/** Titles and sources that break careless programs. All titles are in NFC, as every title typed by a user is. */
class Oddities {
	/** @return string[] Titles without namespace that MediaWiki keeps as they are. */
	public static function titles( bool $capitalLinks ): array {
		$titles = [
			'𝔐odule 𐍈', '🦉 owl/🦉', '𠀀𠀁', 'وحدة عربية', 'יחידה בעברית', "Zero\u{200D}width\u{200C}joiners", 'মডিউল ১', "\u{09A1}\u{09BC}\u{09AF}\u{09BC}",
			"Angstrom \u{00C5}", 'Ligature ﬁ', '한글 모듈', "Ｆｕｌｌｗｉｄｔｈ", 'İstanbul ı', 'ẞ ß ſ',
			"Quote's", 'Double "quoted" name', "'''", '"', 'A&B', 'A & B; C', 'A+B', 'C++', '100%', '50% off', '%zz', 'A=B', 'a?b=c&d=e',
			'Back\\slash', '\\', 'Semi;colon', 'Comma, (brackets)', 'Star*', '*', '!', '-', '--', '.dot', 'dot.', '~tilde', '`tick`', '$dollar', '@at',
			'Sub/page/of/page', 'Slash/', 'Double//slash', 'Colon: after', 'Caret^', 'Null', 'NULL', '0', '00', '1e3', 'True', 'nil', 'Doc', 'Sandbox',
			'Line.lua', 'Ünïcödé', 'Ελληνικά', 'Кириллица', '日本語モジュール', '中文', 'ไทย', 'தமிழ்',
			str_repeat( 'Long', 63 ) . 'End', str_repeat( '𐍈', 63 ) . 'End', str_repeat( 'д', 127 ) . '1',
		];
		if ( !$capitalLinks ) {
			array_push( $titles, 'lower', 'Lower', 'ab', 'aB', 'AB', 'ﬁ', 'éa', 'Éa', 'ßa' );
		}
		return $titles;
	}

	/** @return string[] Sources by title; most of them could only come in by import or from times before a check. */
	public static function sources(): array {
		$code = "local p = {}\nfunction p.main()\n\treturn 'x'\nend\nreturn p\n";
		return [
			'Odd/empty' => '',
			'Odd/newline' => "\n",
			'Odd/crlf' => str_replace( "\n", "\r\n", $code ),
			'Odd/cr' => str_replace( "\n", "\r", $code ),
			'Odd/tabs' => "\t\t" . str_replace( "\n", "\t\n", $code ),
			'Odd/trailing' => $code . "\n\n   \n",
			'Odd/decomposed' => "-- cafe\u{0301} A\u{030A} \u{1112}\u{1161}\u{11AB} \u{0958}\n" . $code,
			'Odd/singletons' => "-- \u{212B} \u{2126} \u{0340} \u{1F71}\n" . $code,
			'Odd/presentation' => "-- \u{FEB3}\u{FEFC}\u{FEE1}\n" . $code,
			'Odd/mark' => "\u{FEFF}" . $code,
			'Odd/emoji' => "return '👩‍👩‍👧 🦉 𝔸 \u{202E}rtl\u{202C}'\n",
			'Odd/escapes' => "return '\\0\\n\\\"\\\\ </script> <!-- ]]> \u{2028}\u{2029} %00 \u{7F}'\n",
			'Odd/brackets' => "return [==[ ]] ]=] --[[ not a comment ]] ]==] --[=[\n ]] ]=]\n",
			'Odd/syntax error' => "local p = {\nreturn p p\n",
			'Odd/one line' => 'return {' . str_repeat( '1,', 20000 ) . '}',
			'Odd/redirect' => "return require [[Module:String]]\n",
			'Odd/not lua' => "#REDIRECT [[Module:String]]\n",
		];
	}
}
