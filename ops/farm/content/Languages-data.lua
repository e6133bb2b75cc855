return {
	ar = { name = 'العربية', rtl = true },
	bn = { name = 'বাংলা' },
	de = { name = 'Deutsch' },
	el = { name = 'Ελληνικά' },
	en = { name = 'English' },
	got = { name = '𐌲𐌿𐍄𐌹𐍃𐌺' },
	he = { name = 'עברית', rtl = true },
	is = { name = 'íslenska' },
	ja = { name = '日本語' },
	ru = { name = 'русский' },
	vi = { name = 'Tiếng Việt' },
}
