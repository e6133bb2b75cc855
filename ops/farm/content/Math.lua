-- Sums, means, rounding and order for templates.
local getArgs = require('Module:Arguments').getArgs
local p = {}

local function numbers(frame)
	local found = {}
	for key, value in pairs(getArgs(frame)) do
		if type(key) == 'number' and tonumber(value) then
			found[#found + 1] = tonumber(value)
		end
	end
	table.sort(found)
	return found
end

function p.sum(frame)
	local total = 0
	for _, number in ipairs(numbers(frame)) do
		total = total + number
	end
	return total
end

function p.average(frame)
	local all = numbers(frame)
	return #all > 0 and p.sum(frame) / #all or ''
end

function p.max(frame)
	local all = numbers(frame)
	return all[#all] or ''
end

function p.min(frame)
	return numbers(frame)[1] or ''
end

function p.gcd(frame)
	local result = 0
	for _, number in ipairs(numbers(frame)) do
		while number ~= 0 do
			result, number = number, result % number
		end
	end
	return result
end

return p
