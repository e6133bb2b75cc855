-- Makes bulleted, ordered and horizontal lists.
local getArgs = require('Module:Arguments').getArgs
local compress = require('Module:TableTools').compressSparseArray
local p = {}

local kinds = {
	bulleted = { tag = 'ul' },
	ordered = { tag = 'ol' },
	horizontal = { tag = 'ul', class = 'hlist' },
}

function p.makeList(kind, args)
	local spec = kinds[kind] or kinds.bulleted
	local items = compress(args)
	if #items == 0 then
		return ''
	end
	local root = mw.html.create('div'):addClass(spec.class)
	local list = root:tag(spec.tag)
	for _, item in ipairs(items) do
		list:tag('li'):wikitext(item)
	end
	return tostring(root)
end

for kind in pairs(kinds) do
	p[kind] = function(frame)
		return p.makeList(kind, getArgs(frame))
	end
end

return p
