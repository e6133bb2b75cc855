-- Turns what people write for yes and no into a boolean; anything else into the default.
local words = {
	['yes'] = true, ['y'] = true, ['true'] = true, ['t'] = true, ['on'] = true, ['1'] = true, ['@yes@'] = true,
	['no'] = false, ['n'] = false, ['false'] = false, ['f'] = false, ['off'] = false, ['0'] = false, ['@no@'] = false,
}

return function(value, default)
	if type(value) == 'boolean' or value == nil then
		return value
	end
	local answer = words[mw.ustring.lower(tostring(value))]
	if answer == nil then
		return default
	end
	return answer
end
