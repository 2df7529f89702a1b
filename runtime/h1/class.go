package h1

// The classes of bytes, as bits of class.
const (
	isMethod     uint16 = 1 << iota // of a method: A-Z _ -
	isAlpha                         // a-z A-Z
	isDigit                         // 0-9
	isSchema                        // of the schema of an absolute-form target
	isHost                          // of a host in the request line
	isIPLiteral                     // of what stands in brackets in its place
	isUsual                         // of a URI, without a meaning
	isPathMark                      // with a meaning in a path, none in arguments
	isName                          // of a valid field name, but "_"
	isNameBad                       // never of a field name: controls, space, DEL
	isValue                         // of a field value, and not its end
	isServerName                    // of a host in the Host field
)

var class = func() (t [256]uint16) {
	set := func(bits uint16, chars string) {
		for i := range len(chars) {
			t[chars[i]] |= bits
		}
	}
	for i := range t {
		c := byte(i)
		switch {
		case c >= 'A' && c <= 'Z':
			t[c] = isMethod | isAlpha | isSchema | isHost | isIPLiteral | isName
		case c >= 'a' && c <= 'z':
			t[c] = isAlpha | isSchema | isHost | isIPLiteral | isName
		case c >= '0' && c <= '9':
			t[c] = isDigit | isSchema | isHost | isIPLiteral | isName
		case c <= ' ' || c == 0x7f:
			t[c] = isNameBad
		}
		if c > ' ' && c != 0x7f {
			t[c] |= isUsual
		}
		if c != '\r' && c != '\n' && c != 0 {
			t[c] |= isValue
		}
	}
	for _, c := range []byte("#%+./?") {
		t[c] &^= isUsual
	}
	set(isPathMark, "%+./?")
	set(isMethod, "_-")
	set(isSchema, "+-.")
	set(isHost, ".-")
	set(isIPLiteral, ":-._~!$&'()*+,;=")
	set(isName, "-")
	for i := range t {
		t[i] |= (t[i] & isIPLiteral) * (isServerName / isIPLiteral)
	}
	set(isServerName, "%")
	t[':'] &^= isServerName
	return t
}()
