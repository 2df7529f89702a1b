package regex

import "fmt"

// A code is an error number of PCRE2, less its base of 100.
type code int

// messages are PCRE2's own texts, which nginx prints.
var messages = map[code]string{
	1:  `\ at end of pattern`,
	2:  `\c at end of pattern`,
	3:  `unrecognized character follows \`,
	4:  `numbers out of order in {} quantifier`,
	5:  `number too big in {} quantifier`,
	6:  `missing terminating ] for character class`,
	7:  `escape sequence is invalid in character class`,
	8:  `range out of order in character class`,
	9:  `quantifier does not follow a repeatable item`,
	11: `unrecognized character after (? or (?-`,
	12: `POSIX named classes are supported only within a class`,
	13: `POSIX collating elements are not supported`,
	14: `missing closing parenthesis`,
	15: `reference to non-existent subpattern`,
	18: `missing ) after (?# comment`,
	19: `parentheses are too deeply nested`,
	22: `unmatched closing parenthesis`,
	24: `missing closing parenthesis for condition`,
	25: `lookbehind assertion is not fixed length`,
	26: `a relative value of zero is not allowed`,
	27: `conditional subpattern contains more than two branches`,
	28: `assertion expected after (?( or (?(?C)`,
	29: `digit expected after (?+ or (?-`,
	30: `unknown POSIX class name`,
	34: `character code point value in \x{} or \o{} is too large`,
	37: `PCRE2 does not support \F, \L, \l, \N{name}, \U, or \u`,
	41: `unrecognized character after (?P`,
	42: `syntax error in subpattern name (missing terminator?)`,
	43: `two named subpatterns have the same name (PCRE2_DUPNAMES not set)`,
	44: `subpattern name must start with a non-digit`,
	46: `malformed \P or \p sequence`,
	47: `unknown property after \P or \p`,
	48: `subpattern name is too long (maximum 32 code units)`,
	50: `invalid range in character class`,
	51: `octal value is greater than \377 in 8-bit non-UTF-8 mode`,
	54: `DEFINE subpattern contains more than one branch`,
	55: `missing opening brace after \o`,
	57: `\g is not followed by a braced, angle-bracketed, or quoted name/number or by a plain number`,
	60: `(*VERB) not recognized or malformed`,
	61: `subpattern number is too big`,
	62: `subpattern name expected`,
	64: `non-octal character in \o{} (closing brace missing?)`,
	67: `non-hex character in \x{} (closing brace missing?)`,
	68: `\c must be followed by a printable ASCII character`,
	69: `\k is not followed by a braced, angle-bracketed, or quoted name`,
	71: `\N is not supported in a class`,
	78: `digits missing in \x{} or \o{} or \N{U+}`,
	93: `\N{U+dddd} is supported only in Unicode (UTF) mode`,
	94: `invalid hyphen in option setting`,
	95: `(*alpha_assertion) not recognized`,
}

// An Error is a pattern that does not compile.
type Error struct {
	Pattern string
	Offset  int    // of the byte where PCRE2 gave up
	Reason  string // PCRE2's words, or the construct that is not supported
	foreign bool   // PCRE2 would accept the pattern
}

func (e *Error) Error() string {
	if e.foreign {
		return fmt.Sprintf("regex \"%s\" compilation failed: %s is not supported", e.Pattern, e.Reason)
	}
	if e.Offset >= len(e.Pattern) {
		return fmt.Sprintf("pcre2_compile() failed: %s in \"%s\"", e.Reason, e.Pattern)
	}
	return fmt.Sprintf("pcre2_compile() failed: %s in \"%s\" at \"%s\"", e.Reason, e.Pattern, e.Pattern[e.Offset:])
}
