package parser

import (
	"os"
	"slices"
	"strings"
)

// Glob returns the names of the existing files that match pattern, by the rules
// of the C library's glob() without flags, which is what nginx calls: in byte
// order, and with files whose names begin with a dot only if the pattern says
// so. A folder that cannot be read has no files.
func Glob(pattern string) ([]string, error) {
	var out []string
	glob("", pattern, func(name string) { out = append(out, name) })
	slices.Sort(out)
	return out, nil
}

// glob finds what matches rest, some parts of a path, within dir, which is
// empty or ends with "/".
func glob(dir, rest string, found func(string)) {
	part, tail, more := strings.Cut(rest, "/")
	if !hasMeta(part) {
		name := dir + unquoteMeta(part)
		if more {
			glob(name+"/", tail, found)
		} else if _, err := os.Lstat(name); err == nil {
			found(name)
		}
		return
	}
	for _, name := range list(dir) {
		if !Match(part, name) {
			continue
		}
		if more {
			glob(dir+name+"/", tail, found)
		} else {
			found(dir + name)
		}
	}
}

// list returns the names in a folder as readdir() does.
func list(dir string) []string {
	if dir == "" {
		dir = "."
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil
	}
	return append(names, ".", "..")
}

// hasMeta reports whether part matches anything but itself. A "[" needs its "]".
func hasMeta(part string) bool {
	bracket := false
	for i := 0; i < len(part); i++ {
		switch part[i] {
		case '*', '?':
			return true
		case '\\':
			i++
		case '[':
			bracket = true
		case ']':
			if bracket {
				return true
			}
		}
	}
	return false
}

func unquoteMeta(part string) string {
	if strings.IndexByte(part, '\\') < 0 {
		return part
	}
	b := make([]byte, 0, len(part))
	for i := 0; i < len(part); i++ {
		if part[i] == '\\' && i+1 < len(part) {
			i++
		}
		b = append(b, part[i])
	}
	return string(b)
}

// Match reports whether a file name without "/" matches a pattern by the rules
// of fnmatch() with FNM_PERIOD in the C locale. Equivalence classes and
// collating symbols are not known to it.
func Match(pattern, name string) bool {
	if name != "" && name[0] == '.' && !strings.HasPrefix(pattern, ".") && !strings.HasPrefix(pattern, `\.`) {
		return false
	}
	p, n := 0, 0
	star, mark := -1, 0 // where to go on if the last "*" takes one byte more
	for n < len(name) {
		if p < len(pattern) && pattern[p] == '*' {
			p++
			star, mark = p, n
			continue
		}
		if width := matchByte(pattern[p:], name[n]); width > 0 {
			p += width
			n++
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		p, n = star, mark
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchByte returns how many bytes of pattern match c, or 0.
func matchByte(pattern string, c byte) int {
	if pattern == "" {
		return 0
	}
	switch pattern[0] {
	case '?':
		return 1
	case '[':
		if ok, width := matchBracket(pattern, c); width > 0 {
			if ok {
				return width
			}
			return 0
		}
	case '\\':
		if len(pattern) > 1 && pattern[1] == c {
			return 2
		}
		return 0
	}
	if pattern[0] == c {
		return 1
	}
	return 0
}

// matchBracket matches c with the bracket expression at the start of pattern.
// The width is 0 if the expression has no end: then "[" is an ordinary byte.
func matchBracket(pattern string, c byte) (ok bool, width int) {
	i := 1
	not := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if not {
		i++
	}
	for first := true; i < len(pattern); first = false {
		if pattern[i] == ']' && !first {
			return ok != not, i + 1
		}
		if strings.HasPrefix(pattern[i:], "[:") {
			if class, _, closed := strings.Cut(pattern[i+2:], ":]"); closed {
				ok = ok || inClass(class, c)
				i += len("[:") + len(class) + len(":]")
				continue
			}
		}
		lo, n := bracketByte(pattern[i:])
		i += n
		hi := lo
		if i+1 < len(pattern) && pattern[i] == '-' && pattern[i+1] != ']' {
			hi, n = bracketByte(pattern[i+1:])
			i += 1 + n
		}
		ok = ok || lo <= c && c <= hi
	}
	return false, 0
}

func bracketByte(s string) (c byte, width int) {
	if s[0] == '\\' && len(s) > 1 {
		return s[1], 2
	}
	return s[0], 1
}

// inClass reports whether c belongs to a character class of the C locale.
func inClass(class string, c byte) bool {
	digit := '0' <= c && c <= '9'
	lower := 'a' <= c && c <= 'z'
	upper := 'A' <= c && c <= 'Z'
	graph := '!' <= c && c <= '~'
	switch class {
	case "alnum":
		return digit || lower || upper
	case "alpha":
		return lower || upper
	case "blank":
		return c == ' ' || c == '\t'
	case "cntrl":
		return c < ' ' || c == 0x7f
	case "digit":
		return digit
	case "graph":
		return graph
	case "lower":
		return lower
	case "print":
		return graph || c == ' '
	case "punct":
		return graph && !digit && !lower && !upper
	case "space":
		return c == ' ' || '\t' <= c && c <= '\r'
	case "upper":
		return upper
	case "xdigit":
		return digit || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
	}
	return false
}
