-- Reads the arguments of a template call: own ones before those of the parent frame, trimmed, blanks removed.
local p = {}

local function clean(value, options)
	if type(value) ~= 'string' then
		return value
	end
	if options.trim ~= false then
		value = mw.text.trim(value)
	end
	if options.removeBlanks ~= false and value == '' then
		return nil
	end
	return value
end

function p.getArgs(frame, options)
	options = options or {}
	local found = {}
	local parent = frame.getParent and frame:getParent()
	if parent and not options.frameOnly then
		for key, value in pairs(parent.args) do
			found[key] = clean(value, options)
		end
	end
	if not options.parentOnly then
		for key, value in pairs(frame.args or frame) do
			local own = clean(value, options)
			if own ~= nil then
				found[key] = own
			end
		end
	end
	return found
end

return p
