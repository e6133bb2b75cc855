-- Runs the methods of a test case whose names begin with "test" and reports as a table.
local Tests = {}
Tests.__index = Tests

function Tests:new()
	return setmetatable({ lines = {}, failed = 0 }, self)
end

function Tests:equals(name, actual, expected)
	local good = actual == expected
	if not good then
		self.failed = self.failed + 1
	end
	self.lines[#self.lines + 1] = string.format('|-\n| %s || %s || %s || %s',
		good and '✓' or '✗', name, mw.text.nowiki(tostring(expected)), mw.text.nowiki(tostring(actual)))
end

function Tests:run()
	local names = {}
	for name in pairs(self) do
		if string.find(name, '^test') then
			names[#names + 1] = name
		end
	end
	table.sort(names)
	for _, name in ipairs(names) do
		self[name](self)
	end
	return '{| class="wikitable"\n' .. table.concat(self.lines, '\n') .. '\n|}\n@failed@: ' .. self.failed
end

return Tests
