package h1

// AppendHost checks a host, with or without a port, and appends it to dst in
// lower case, without the port and a trailing dot. The port is 0 if there is
// none. The error is ErrHost. (ngx_http_validate_host)
func AppendHost(dst, host []byte) (out []byte, port uint16, err error) {
	end, dot := len(host), len(host)
	literal := false // within brackets
	num := 0         // the port
	colon := false
	for i, c := range host {
		switch {
		case colon:
			if c < '0' || c > '9' {
				return dst, 0, ErrHost
			}
			if num = num*10 + int(c-'0'); num > 65535 {
				return dst, 0, ErrHost
			}
		case end < len(host) && !literal && c != ':': // behind a bracket
			return dst, 0, ErrHost
		case c == '[' && i == 0:
			literal = true
		case c == ']' && literal:
			literal = false
			end = i + 1
		case c == ':' && !literal:
			colon = true
			if end == len(host) {
				end = i
			}
		case c == '.':
			if dot == i-1 {
				return dst, 0, ErrHost
			}
			dot = i
		case c == ':' && literal:
		case class[c]&isServerName == 0 || c == '%' && literal:
			return dst, 0, ErrHost
		}
	}
	if literal {
		return dst, 0, ErrHost
	}
	if dot == end-1 {
		end--
	}
	if end == 0 {
		return dst, 0, ErrHost
	}
	for _, c := range host[:end] {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst, uint16(num), nil
}
