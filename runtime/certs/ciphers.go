package certs

import (
	"crypto/tls"
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// ciphersText is the list of OpenSSL 3.0 (openssl ciphers -V), one to a line:
// number, name, protocol, key exchange, authentication, cipher and MAC.
//
//go:embed ciphers.txt
var ciphersText string

// A suite is one that OpenSSL knows.
type suite struct {
	id                            uint16
	name, proto, kx, au, enc, mac string
	usable                        bool // crypto/tls has it
}

var ciphers = sync.OnceValue(func() []suite {
	var list []suite
	have := map[uint16]bool{}
	for _, c := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		have[c.ID] = true
	}
	for line := range strings.Lines(ciphersText) {
		f := strings.Fields(line)
		id, _ := strconv.ParseUint(f[0], 16, 16)
		list = append(list, suite{uint16(id), f[1], f[2], f[3], f[4], f[5], f[6], have[uint16(id)]})
	}
	return list
})

// CipherName returns OpenSSL's name of a cipher, or its number as "0x1301".
func CipherName(id uint16) string {
	for _, c := range ciphers() {
		if c.id == id {
			return c.name
		}
	}
	switch id {
	case 0x00ff:
		return "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"
	case 0x5600:
		return "TLS_FALLBACK_SCSV"
	}
	return "0x" + hexOf(id)
}

func hexOf(n uint16) string {
	s := strconv.FormatUint(uint64(n), 16)
	return "0000"[len(s):] + s
}

// is reports whether the cipher is of the kind that a word of a cipher list
// names (ciphers(1), CIPHER STRINGS).
func (c *suite) is(word string) bool {
	enc, mac := c.enc, c.mac
	has := func(prefix string) bool { return strings.HasPrefix(enc, prefix) }
	aes := func(bits string) bool { return has("AES") && strings.HasSuffix(enc, bits+")") }
	null := enc == "None"
	switch word {
	case c.name:
		return true
	case "ALL":
		return !null
	case "COMPLEMENTOFALL", "eNULL", "NULL":
		return null
	case "DEFAULT":
		return !null && c.au != "None"
	case "COMPLEMENTOFDEFAULT":
		return !null && c.au == "None"
	case "HIGH":
		return !null
	case "aNULL":
		return c.au == "None"
	case "kRSA":
		return c.kx == "RSA"
	case "aRSA":
		return c.au == "RSA"
	case "RSA":
		return c.kx == "RSA" && c.au == "RSA"
	case "kDHE", "kEDH", "DH":
		return c.kx == "DH"
	case "DHE", "EDH":
		return c.kx == "DH" && c.au != "None"
	case "ADH":
		return c.kx == "DH" && c.au == "None"
	case "kEECDH", "kECDHE", "ECDH":
		return c.kx == "ECDH"
	case "ECDHE", "EECDH":
		return c.kx == "ECDH" && c.au != "None"
	case "AECDH":
		return c.kx == "ECDH" && c.au == "None"
	case "aDSS", "DSS":
		return c.au == "DSS"
	case "aECDSA", "ECDSA":
		return c.au == "ECDSA"
	case "PSK":
		return strings.HasSuffix(c.kx, "PSK")
	case "kPSK", "kRSAPSK", "kDHEPSK", "kECDHEPSK":
		return c.kx == word[1:]
	case "aPSK":
		return c.au == "PSK"
	case "SRP", "kSRP":
		return c.kx == "SRP"
	case "aSRP":
		return c.au == "SRP"
	case "AES":
		return has("AES")
	case "AES128":
		return aes("(128")
	case "AES256":
		return aes("(256")
	case "AESGCM", "AESCCM8":
		return has(word + "(")
	case "AESCCM":
		return has("AESCCM")
	case "ARIA", "ARIAGCM":
		return has("ARIA")
	case "ARIA128":
		return enc == "ARIAGCM(128)"
	case "ARIA256":
		return enc == "ARIAGCM(256)"
	case "CHACHA20":
		return has("CHACHA20")
	case "CAMELLIA":
		return has("Camellia")
	case "CAMELLIA128":
		return enc == "Camellia(128)"
	case "CAMELLIA256":
		return enc == "Camellia(256)"
	case "CBC":
		return has("AES(") || has("Camellia")
	case "SHA1", "SHA":
		return mac == "SHA1"
	case "SHA256", "SHA384", "MD5":
		return mac == word
	case "TLSv1.2", "SSLv3":
		return c.proto == word
	case "TLSv1", "TLSv1.0":
		return c.proto == "TLSv1"
	}
	return false
}

var errNoCipher = "error:0A0000B9:SSL routines::no cipher match"

// A choice is the ciphers that a list selects, in its order.
type choice struct {
	order []*suite // those not yet selected come first
	on    map[*suite]bool
}

// move puts the ciphers that which selects behind the others, or before them.
func (c *choice) move(first bool, which func(*suite) bool) {
	var moved, rest []*suite
	for _, s := range c.order {
		if which(s) {
			moved = append(moved, s)
		} else {
			rest = append(rest, s)
		}
	}
	if first {
		c.order = append(moved, rest...)
	} else {
		c.order = append(rest, moved...)
	}
}

// apply does what a word of a list says, which has op before it or 0.
// (ssl_cipher_apply_rule)
func (c *choice) apply(op byte, word string) {
	switch op {
	case 0:
		c.move(false, func(s *suite) bool {
			add := !c.on[s] && s.all(word)
			c.on[s] = c.on[s] || add
			return add
		})
	case '+':
		c.move(false, func(s *suite) bool { return c.on[s] && s.all(word) })
	case '-':
		c.move(true, func(s *suite) bool {
			off := c.on[s] && s.all(word)
			c.on[s] = c.on[s] && !off
			return off
		})
	case '!':
		c.order = slices.DeleteFunc(c.order, func(s *suite) bool { return s.all(word) })
	}
}

// byStrength orders the ciphers by the bits of their keys.
func (c *choice) byStrength() {
	slices.SortStableFunc(c.order, func(a, b *suite) int { return b.bits() - a.bits() })
}

func (s *suite) bits() int {
	_, text, _ := strings.Cut(s.enc, "(")
	n, _ := strconv.Atoi(strings.TrimSuffix(text, ")"))
	return n
}

// maxLevel is the highest level of security that a list may ask for and that
// crypto/tls always has.
const maxLevel = 2

// parseCiphers returns the ciphers of TLS 1.2 and before that a list selects
// and crypto/tls has, in the order of the list. It warns of what the list names
// and that cannot be offered.
func parseCiphers(list string, warn func(string, ...any)) ([]uint16, error) {
	all := ciphers()
	c := choice{on: map[*suite]bool{}}
	for i := range all {
		if all[i].proto != "TLSv1.3" {
			c.order = append(c.order, &all[i])
		}
	}
	var missing []string
	words := strings.FieldsFunc(list, func(r rune) bool { return r == ':' || r == ' ' || r == ',' || r == ';' })
	for i, word := range words {
		word, command, _ := strings.Cut(word, "@")
		if level, ok := strings.CutPrefix(command, "SECLEVEL="); ok {
			if n, err := strconv.Atoi(level); err == nil && n > maxLevel {
				warn(`"ssl_ciphers": "@%s" has no effect, ignored`, command)
			}
		} else if command == "STRENGTH" {
			c.byStrength()
		}
		op := byte(0)
		if word != "" && strings.IndexByte("+-!", word[0]) >= 0 {
			op, word = word[0], word[1:]
		}
		if word == "" || word == "DEFAULT" && (i > 0 || op != 0) {
			continue // it counts only at the beginning
		}
		if op == 0 && slices.ContainsFunc(c.order, func(s *suite) bool { return s.name == word && !s.usable }) {
			missing = append(missing, word)
		}
		c.apply(op, word)
	}
	any := false
	var ids []uint16
	for _, s := range c.order {
		any = any || c.on[s]
		if c.on[s] && s.usable && s.au != "None" {
			ids = append(ids, s.id)
		}
	}
	if !any {
		return nil, failed(`SSL_CTX_set_cipher_list("`+list+`") failed`, errNoCipher)
	}
	missing = slices.DeleteFunc(missing, func(name string) bool {
		return !slices.ContainsFunc(c.order, func(s *suite) bool { return s.name == name && c.on[s] })
	})
	if len(missing) > 0 {
		warn(`"ssl_ciphers": cannot be offered, ignored: %s`, strings.Join(missing, ":"))
	}
	return ids, nil
}

// all reports whether the cipher is of all the kinds that a word joins by "+".
func (c *suite) all(word string) bool {
	for part := range strings.SplitSeq(word, "+") {
		if !c.is(part) {
			return false
		}
	}
	return true
}
