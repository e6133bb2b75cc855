-- Tools for tables: keys, sizes, copies without gaps.
local p = {}

function p.isPositiveInteger(value)
	return type(value) == 'number' and value > 0 and math.floor(value) == value and value < math.huge
end

function p.shallowClone(source)
	local clone = {}
	for key, value in pairs(source) do
		clone[key] = value
	end
	return clone
end

function p.numKeys(source)
	local keys = {}
	for key in pairs(source) do
		if p.isPositiveInteger(key) then
			keys[#keys + 1] = key
		end
	end
	table.sort(keys)
	return keys
end

function p.compressSparseArray(source)
	local dense = {}
	for _, key in ipairs(p.numKeys(source)) do
		dense[#dense + 1] = source[key]
	end
	return dense
end

function p.size(source)
	local count = 0
	for _ in pairs(source) do
		count = count + 1
	end
	return count
end

function p.invert(source)
	local inverted = {}
	for key, value in pairs(source) do
		inverted[value] = key
	end
	return inverted
end

return p
