return {
	km = { kind = 'length', factor = 1000, symbol = 'km' },
	m = { kind = 'length', factor = 1, symbol = 'm' },
	mi = { kind = 'length', factor = 1609.344, symbol = 'mi' },
	ft = { kind = 'length', factor = 0.3048, symbol = 'ft' },
	kg = { kind = 'mass', factor = 1, symbol = 'kg' },
	lb = { kind = 'mass', factor = 0.45359237, symbol = 'lb' },
	C = { kind = 'temperature', factor = 1, offset = 0, symbol = '°C' },
	F = { kind = 'temperature', factor = 5 / 9, offset = -160 / 9, symbol = '°F' },
	ha = { kind = 'area', factor = 10000, symbol = 'ha' },
	acre = { kind = 'area', factor = 4046.8564224, symbol = 'acre' },
}
