package charset

import (
	"strconv"

	"understudy/directives/spec"
	"understudy/parser"
)

// addMap reads a charset_map block: lines of a byte of the first charset and
// what stands for it in the second.
func addMap(_ *conf, call *spec.Call) error {
	known := knownTo(call.Scope)
	from, to := call.Args[0].Text, call.Args[1].Text
	src, dst := known.add(from), known.add(to)
	switch {
	case src == dst:
		return call.Errorf(1, `"charset_map" between the same charsets "%s" and "%s"`, from, to)
	case src.utf8:
		return call.Errorf(0, `"charset_map" with "utf-8" charset should be given in the second column`)
	case src.to[dst] != nil:
		return call.Errorf(-1, `duplicate "charset_map" between "%s" and "%s"`, from, to)
	}
	if dst.utf8 {
		return mapUTF8(call, src, dst)
	}
	return mapBytes(call, src, dst)
}

// mapBytes reads the map of two single-byte charsets.
func mapBytes(call *spec.Call, src, dst *charset) error {
	var there, back bytewise
	for i := range there {
		there[i], back[i] = '?', '?'
		if i < 0x80 {
			there[i], back[i] = byte(i), byte(i)
		}
	}
	src.to[dst], dst.to[src] = &there, &back
	return lines(call, func(d *parser.Directive, c byte, text string) error {
		to, ok := hexByte(text)
		if !ok {
			return call.ErrorIn(d, `invalid value "%s"`, text)
		}
		there[c], back[to] = to, c
		return nil
	})
}

// mapUTF8 reads the map of a single-byte charset and UTF-8.
func mapUTF8(call *spec.Call, src, dst *charset) error {
	var there toUTF8
	var back fromUTF8
	back[0] = new([256]byte)
	for i := range there {
		there[i].n, there[i].b[0] = 1, '?'
		if i < 0x80 {
			there[i].b[0], back[0][i] = byte(i), byte(i)
		}
	}
	src.to[dst], dst.to[src] = &there, &back
	return lines(call, func(d *parser.Directive, c byte, text string) error {
		wrong := call.ErrorIn(d, `invalid value "%s"`, text)
		if len(text) == 0 || len(text)/2 > utfLen-1 || len(text)%2 != 0 {
			return wrong
		}
		e := &there[c]
		e.n = byte(len(text) / 2)
		for i := range int(e.n) {
			b, ok := hexByte(text[2*i : 2*i+2])
			if !ok {
				return wrong
			}
			e.b[i] = b
		}
		u, _ := decode(e.b[:e.n])
		if u > 0xffff {
			return wrong
		}
		if back[u>>8] == nil {
			back[u>>8] = new([256]byte)
		}
		back[u>>8][u&0xff] = c
		return nil
	})
}

// lines calls f with the two columns of each line of the block.
func lines(call *spec.Call, f func(d *parser.Directive, c byte, text string) error) error {
	for _, d := range call.Block {
		if d.Err != nil {
			return *d.Err
		}
		if d.Block != nil {
			return call.ErrorIn(d, `unexpected "{"`)
		}
		if len(d.Args) != 1 {
			return call.ErrorIn(d, "invalid parameters number")
		}
		c, ok := hexByte(d.Name.Text)
		if !ok {
			return call.ErrorIn(d, `invalid value "%s"`, d.Name.Text)
		}
		if err := f(d, c, d.Args[0].Text); err != nil {
			return err
		}
	}
	return nil
}

// hexByte reads a hexadecimal number up to ff, with any number of zeros in front.
func hexByte(s string) (byte, bool) {
	n, err := strconv.ParseUint(s, 16, 8)
	return byte(n), err == nil
}
