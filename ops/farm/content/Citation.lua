-- Formats a reference from its parts.
local getArgs = require('Module:Arguments').getArgs
local configuration = mw.loadData('Module:Citation/Configuration')
local p = {}

function p.citation(frame)
	local args = getArgs(frame)
	local parts = {}
	for _, field in ipairs(configuration.order) do
		local value = args[field.name]
		if value then
			parts[#parts + 1] = (field.before or '') .. value .. (field.after or '')
		elseif field.required then
			parts[#parts + 1] = '<span class="error">' .. configuration.missing .. ' ' .. field.name .. '</span>'
		end
	end
	return '<cite>' .. table.concat(parts, configuration.separator) .. '</cite>'
end

return p
