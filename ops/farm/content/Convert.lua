-- Converts measures from one unit to another; the units are in Module:Convert/data.
local getArgs = require('Module:Arguments').getArgs
local units = mw.loadData('Module:Convert/data')
local p = {}

local function round(value, digits)
	local scale = 10 ^ (digits or 0)
	return math.floor(value * scale + 0.5) / scale
end

function p.value(amount, from, to, digits)
	local a, b = units[from], units[to]
	if not a or not b then
		return nil, '@unknown unit@: ' .. tostring(a and to or from)
	end
	if a.kind ~= b.kind then
		return nil, from .. ' / ' .. to
	end
	return round((amount * a.factor + (a.offset or 0) - (b.offset or 0)) / b.factor, digits)
end

function p.main(frame)
	local args = getArgs(frame)
	local amount = tonumber(args[1])
	if not amount then
		return '<strong class="error">@error@</strong>'
	end
	local result, message = p.value(amount, args[2], args[3], tonumber(args[4]))
	if not result then
		return '<strong class="error">' .. message .. '</strong>'
	end
	local language = mw.getContentLanguage()
	return language:formatNum(amount) .. ' ' .. units[args[2]].symbol
		.. ' (' .. language:formatNum(result) .. ' ' .. units[args[3]].symbol .. ')'
end

return p
