-- A box of links at the end of an article.
local getArgs = require('Module:Arguments').getArgs
local numKeys = require('Module:TableTools').numKeys
local list = require('Module:List')
local p = {}

local function row(box, group, items)
	local line = box:tag('tr')
	if group then
		line:tag('th'):attr('scope', 'row'):addClass('navbox-group'):wikitext(group)
	end
	line:tag('td'):addClass('navbox-list'):attr('colspan', group and 1 or 2):wikitext(items)
end

function p.navbox(frame)
	local args = getArgs(frame)
	local box = mw.html.create('table'):addClass('navbox'):attr('role', 'navigation')
	box:tag('tr'):tag('th'):attr('colspan', 2):wikitext(args.title or '@untitled@')
	for _, number in ipairs(numKeys(args)) do
		local items = mw.text.split(args[number], '%s*;%s*')
		row(box, args['group' .. number], list.makeList('horizontal', items))
	end
	return tostring(box)
end

return p
