-- Dates: validity, weekday, difference, age.
local getArgs = require('Module:Arguments').getArgs
local p = {}
local lengths = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function isLeap(year)
	return year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
end

function p.daysInMonth(year, month)
	return month == 2 and isLeap(year) and 29 or lengths[month]
end

-- The number of days since 1 March of the year 0.
function p.dayNumber(year, month, day)
	if month < 3 then
		year, month = year - 1, month + 12
	end
	return 365 * year + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
		+ math.floor((153 * (month - 3) + 2) / 5) + day - 1
end

local function parse(text)
	local year, month, day = string.match(text or '', '^(%d+)-(%d+)-(%d+)$')
	year, month, day = tonumber(year), tonumber(month), tonumber(day)
	if not day or month < 1 or month > 12 or day < 1 or day > p.daysInMonth(year, month) then
		return nil
	end
	return year, month, day
end

function p.difference(frame)
	local args = getArgs(frame)
	local y1, m1, d1 = parse(args[1])
	local y2, m2, d2 = parse(args[2])
	if not (y1 and y2) then
		return '<strong class="error">@invalid date@</strong>'
	end
	return p.dayNumber(y2, m2, d2) - p.dayNumber(y1, m1, d1)
end

function p.weekday(frame)
	local year, month, day = parse(getArgs(frame)[1])
	return year and (p.dayNumber(year, month, day) + 3) % 7 + 1 or '@invalid date@'
end

return p
