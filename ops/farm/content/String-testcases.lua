local tests = require('Module:Unittests'):new()
local text = require('Module:String')

function tests:testLength()
	self:equals('len', text.len({ args = { 'häuser' } }), 6)
end

function tests:testSub()
	self:equals('sub', text.sub({ args = { 'encyclopedia', '2', '4' } }), 'ncy')
end

function tests:testReplace()
	self:equals('replace', text.replace({ args = { 'a.b.c', '.', '-' } }), 'a-b-c')
end

return { run = function() return tests:run() end }
