-- Coordinates: from degrees, minutes and seconds to decimals and back.
local getArgs = require('Module:Arguments').getArgs
local p = {}
local sign = { N = 1, S = -1, E = 1, W = -1 }

function p.toDecimal(degrees, minutes, seconds, hemisphere)
	local value = (tonumber(degrees) or 0) + (tonumber(minutes) or 0) / 60 + (tonumber(seconds) or 0) / 3600
	return value * (sign[hemisphere] or 1)
end

function p.toText(value, positive, negative)
	local hemisphere = value < 0 and negative or positive
	value = math.abs(value)
	local degrees = math.floor(value)
	local minutes = math.floor((value - degrees) * 60)
	local seconds = math.floor(((value - degrees) * 60 - minutes) * 60 + 0.5)
	return string.format('%d°%02d′%02d″%s', degrees, minutes, seconds, hemisphere)
end

function p.main(frame)
	local args = getArgs(frame)
	local latitude, longitude = tonumber(args[1]), tonumber(args[2])
	if not latitude or not longitude then
		return '<strong class="error">@error@</strong>'
	end
	return p.toText(latitude, 'N', 'S') .. ' ' .. p.toText(longitude, 'E', 'W')
end

return p
