-- Functions on strings for templates.
local getArgs = require('Module:Arguments').getArgs
local yesno = require('Module:Yesno')
local p = {}

local function problem(text)
	return '<strong class="error">@error@: ' .. text .. '</strong>'
end

function p.len(frame)
	return mw.ustring.len(getArgs(frame)[1] or '')
end

function p.sub(frame)
	local args = getArgs(frame)
	local first, last = tonumber(args[2]) or 1, tonumber(args[3]) or -1
	if first == 0 then
		return problem('0')
	end
	return mw.ustring.sub(args[1] or '', first, last)
end

function p.replace(frame)
	local args = getArgs(frame, { trim = false, removeBlanks = false })
	local source, pattern, replacement = args[1] or '', args[2] or '', args[3] or ''
	if yesno(args.plain, true) then
		pattern = mw.ustring.gsub(pattern, '([%(%)%.%%%+%-%*%?%[%^%$%]])', '%%%1')
		replacement = mw.ustring.gsub(replacement, '%%', '%%%%')
	end
	return (mw.ustring.gsub(source, pattern, replacement, tonumber(args.count)))
end

function p.rep(frame)
	local args = getArgs(frame)
	local times = tonumber(args[2])
	if not times or times > 1000 then
		return problem(tostring(args[2]))
	end
	return string.rep(args[1] or '', times)
end

function p.ucfirst(frame)
	return mw.getContentLanguage():ucfirst(getArgs(frame)[1] or '')
end

return p
