-- Names of languages, from Module:Languages/data.
local data = mw.loadData('Module:Languages/data')
local p = {}

function p.name(frame)
	local code = frame.args[1] or ''
	local entry = data[code]
	return entry and entry.name or mw.language.fetchLanguageName(code)
end

function p.direction(frame)
	local entry = data[frame.args[1] or '']
	return entry and entry.rtl and 'rtl' or 'ltr'
end

return p
