-- A box of facts: pairs of label and value in the order of their numbers.
local getArgs = require('Module:Arguments').getArgs
local tools = require('Module:TableTools')
local p = {}

function p.infobox(frame)
	local args = getArgs(frame)
	local box = mw.html.create('table'):addClass('infobox')
	if args.title then
		box:tag('caption'):wikitext(args.title)
	end
	local rows = {}
	for key in pairs(args) do
		local number = tonumber(string.match(tostring(key), '^data(%d+)$'))
		if number then
			rows[number] = true
		end
	end
	for _, number in ipairs(tools.numKeys(rows)) do
		local line = box:tag('tr')
		if args['label' .. number] then
			line:tag('th'):attr('scope', 'row'):wikitext(args['label' .. number])
		end
		line:tag('td'):wikitext(args['data' .. number])
	end
	return tostring(box)
end

return p
