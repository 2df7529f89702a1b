package h1

// An Escape says which bytes AppendEscape writes as "%XX". (ngx_escape_uri)
type Escape uint8

const (
	EscapeURI       Escape = 1 << iota // a path: space " # % < > ? \ ^ ` { | }, controls, above 0x7e
	EscapeArgs                         // an argument: also & + ;
	EscapeComponent                    // all but letters, digits and - . _ ~
	EscapeHTML                         // a link in HTML
	EscapeRefresh                      // the URL of a Refresh
	EscapeMemcached                    // a memcached key: controls, space, %
	EscapeLine                         // what cannot stand in a request line: controls, space, DEL
)

var escaped = func() (t [256]Escape) {
	set := func(e Escape, chars string) {
		for i := range len(chars) {
			t[chars[i]] |= e
		}
	}
	const most = EscapeURI | EscapeArgs | EscapeHTML
	for i := range t {
		c := byte(i)
		switch {
		case c < ' ':
			t[c] = most | EscapeComponent | EscapeRefresh | EscapeMemcached | EscapeLine
		case c >= 0x7f:
			t[c] = most | EscapeComponent | EscapeRefresh
		case class[c]&(isAlpha|isDigit) == 0:
			t[c] = EscapeComponent
		}
	}
	for _, c := range []byte("-._~") {
		t[c] = 0
	}
	set(most|EscapeRefresh, " \"<>\\^`{|")
	set(most, "#%}")
	set(EscapeURI|EscapeArgs, "?")
	set(EscapeArgs, "&+;")
	set(EscapeHTML|EscapeRefresh, "'")
	set(EscapeRefresh, "~")
	set(EscapeMemcached, " %")
	set(EscapeLine, " \x7f")
	return t
}()

const hexUpper = "0123456789ABCDEF"

// AppendEscape appends src to dst, escaped.
func AppendEscape(dst, src []byte, e Escape) []byte {
	for i := 0; i < len(src); {
		n := i
		for n < len(src) && escaped[src[n]]&e == 0 {
			n++
		}
		dst = append(dst, src[i:n]...)
		if n == len(src) {
			break
		}
		dst = append(dst, '%', hexUpper[src[n]>>4], hexUpper[src[n]&15])
		i = n + 1
	}
	return dst
}

// NeedsEscape reports whether AppendEscape would change src.
func NeedsEscape(src []byte, e Escape) bool {
	for _, c := range src {
		if escaped[c]&e != 0 {
			return true
		}
	}
	return false
}

// An Unescape says what AppendUnescape decodes. (ngx_unescape_uri)
type Unescape uint8

const (
	UnescapeAll      Unescape = iota // all escapes
	UnescapeURI                      // those before a "?", be it escaped or not
	UnescapeRedirect                 // as UnescapeURI, but only those of visible ASCII above "%"
)

// AppendUnescape appends src to dst with escapes decoded, and returns how many
// bytes of src it has read: all, or those up to and including a "?". A broken
// escape loses its "%". dst may be src[:0].
func AppendUnescape(dst, src []byte, u Unescape) (out []byte, n int) {
	for n < len(src) {
		c := src[n]
		n++
		if c == '?' && u != UnescapeAll {
			return append(dst, c), n
		}
		if c != '%' {
			dst = append(dst, c)
			continue
		}
		if n == len(src) {
			break
		}
		hi := hexDigit[src[n]]
		if n++; hi < 0 {
			dst = append(dst, src[n-1])
			continue
		}
		if n == len(src) {
			break
		}
		lo := hexDigit[src[n]]
		if n++; lo < 0 {
			continue
		}
		c = byte(hi<<4 | lo)
		switch {
		case c == '?' && u != UnescapeAll:
			return append(dst, c), n
		case u == UnescapeRedirect && (c <= '%' || c >= 0x7f):
			dst = append(dst, '%', src[n-2], src[n-1])
		default:
			dst = append(dst, c)
		}
	}
	return dst, n
}

// AppendEscapeHTML appends src to dst as text of HTML. (ngx_escape_html)
func AppendEscapeHTML(dst, src []byte) []byte {
	for _, c := range src {
		switch c {
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '&':
			dst = append(dst, "&amp;"...)
		case '"':
			dst = append(dst, "&quot;"...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// AppendEscapeJSON appends src to dst as the inside of a JSON string. Bytes
// above 0x7f stay as they are. (ngx_escape_json)
func AppendEscapeJSON(dst, src []byte) []byte {
	for _, c := range src {
		switch {
		case c == '\\' || c == '"':
			dst = append(dst, '\\', c)
		case c >= ' ':
			dst = append(dst, c)
		case jsonShort[c] != 0:
			dst = append(dst, '\\', jsonShort[c])
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexUpper[c>>4], hexUpper[c&15])
		}
	}
	return dst
}

var jsonShort = [' ']byte{'\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f'}
