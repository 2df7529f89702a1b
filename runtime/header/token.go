package header

// Token reports whether name may be the name of a field (RFC 9110 section
// 5.6.2). nginx passes on other names that an upstream sends; a caller that
// does not want to asks here.
func Token(name []byte) bool {
	for _, c := range name {
		if !token[c] {
			return false
		}
	}
	return len(name) > 0
}

var token = func() (t [256]bool) {
	for _, c := range []byte("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
		t[c] = true
	}
	return t
}()
