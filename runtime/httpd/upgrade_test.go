package httpd

import "testing"

func TestWithoutToken(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"websocket", "websocket"},
		{"websocket, foo/1.0 ,bar", "websocket, foo/1.0 ,bar"},
		{"h2c", ""},
		{"H2C", ""},
		{" h2c\t", ""},
		{"h2c, websocket", "websocket"},
		{"h2c,h2c", ""},
		{"websocket,h2c", "websocket"},
		{"a ,h2c,b,h2c , c", "a ,b,c"},
		{"h2c,a,b,c,d,e,f,g,h,i", "a,b,c,d,e,f,g,h,i"},
		{"a,h2c,b,,c,h2c,d", "a,b,,c,d"},
		{"h2", "h2"},
		{"h2c/1", "h2c/1"},
		{"", ""},
		{",", ","},
	} {
		head := []byte(tt.in + "\r\nHost: a") // what follows in the buffer stays
		v := head[:len(tt.in)]
		if got := string(v[:withoutToken(v, "h2c")]); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
		if rest := string(head[len(v):]); rest != "\r\nHost: a" {
			t.Errorf("%q: what follows is %q now", tt.in, rest)
		}
	}
}
