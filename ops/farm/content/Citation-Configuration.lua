return {
	missing = '@missing@',
	separator = '. ',
	order = {
		{ name = 'author' },
		{ name = 'title', required = true, before = "''", after = "''" },
		{ name = 'publisher' },
		{ name = 'year', before = '(', after = ')' },
		{ name = 'isbn', before = 'ISBN ' },
	},
}
