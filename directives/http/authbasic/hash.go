package authbasic

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"hash"
	"strconv"
	"strings"

	"github.com/go-crypt/x/bcrypt"
	"github.com/go-crypt/x/crypt"
	"github.com/go-crypt/x/scrypt"
	"github.com/go-crypt/x/yescrypt"
)

// errUnsupported is the answer to hashes that the C library would verify and
// this package does not.
var errUnsupported = errors.New("the password is hashed in a way that is not supported")

// A scheme is a way of hashing, which a hash begins with the name of. Its
// function hashes a password again as a hash says, and returns nil if the hash
// is none.
type scheme struct {
	prefix string
	again  func(password, hash []byte) []byte
}

// schemes are nginx's own and then those of libxcrypt, the crypt() of Linux.
var schemes = []scheme{
	{"$apr1$", func(p, h []byte) []byte { return md5crypt(p, h, "$apr1$") }},
	{"{PLAIN}", func(p, _ []byte) []byte { return append([]byte("{PLAIN}"), p...) }},
	{"{SSHA}", ssha},
	{"{SHA}", func(p, _ []byte) []byte { sum := sha1.Sum(p); return encoded("{SHA}", sum[:]) }},
	{"$1$", func(p, h []byte) []byte { return md5crypt(p, h, "$1$") }},
	{"$5$", func(p, h []byte) []byte { return shacrypt(p, h, "$5$", sha256.New) }},
	{"$6$", func(p, h []byte) []byte { return shacrypt(p, h, "$6$", sha512.New) }},
	{"$2a$", blowfish}, {"$2b$", blowfish}, {"$2y$", blowfish},
	{"$y$", yes},
	{"$7$", scryptHash},
	{"$sha1$", sha1crypt},
	{"_", bsdicrypt},
}

// unsupported are prefixes of what libxcrypt verifies beyond that.
var unsupported = []string{"$gy$", "$md5", "$3$", "$2x$"}

// verify reports whether a password has a hash.
func verify(password, hash []byte) (bool, error) {
	if i := bytes.IndexByte(password, 0); i >= 0 {
		password = password[:i] // as a C string
	}
	for _, s := range schemes {
		if bytes.HasPrefix(hash, []byte(s.prefix)) {
			again := s.again(password, hash)
			return again != nil && bytes.Equal(again, hash), nil
		}
	}
	for _, prefix := range unsupported {
		if bytes.HasPrefix(hash, []byte(prefix)) {
			return false, errUnsupported
		}
	}
	again := descrypt(password, hash)
	return again != nil && bytes.Equal(again, hash), nil
}

func encoded(prefix string, b []byte) []byte {
	return base64.StdEncoding.AppendEncode([]byte(prefix), b)
}

// ssha is {SSHA}: the base64 of SHA-1 of password and salt, and of the salt.
func ssha(password, hash []byte) []byte {
	text := bytes.TrimRight(hash[len("{SSHA}"):], "=")
	sum, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil || len(sum) < sha1.Size {
		sum = make([]byte, sha1.Size)
	}
	salt := sum[sha1.Size:]
	h := sha1.New()
	h.Write(password)
	h.Write(salt)
	return encoded("{SSHA}", append(h.Sum(nil), salt...))
}

// shacrypt is SHA-crypt, https://www.akkadia.org/drepper/SHA-crypt.txt.
func shacrypt(password, hash []byte, prefix string, newHash func() hash.Hash) []byte {
	const least, usual, most = 1000, 5000, 999_999_999
	rest := hash[len(prefix):]
	rounds, setting := usual, len(prefix)
	if given, ok := bytes.CutPrefix(rest, []byte("rounds=")); ok {
		number, salt, ok := bytes.Cut(given, []byte{'$'})
		n, err := strconv.Atoi(string(number))
		if !ok || err != nil || n < least || n > most || number[0] == '+' {
			return nil
		}
		rounds, rest = n, salt
		setting = len(hash) - len(salt)
	}
	salt, _, _ := bytes.Cut(rest, []byte{'$'})
	salt = salt[:min(len(salt), 16)]
	again := append(bytes.Clone(hash[:setting]), salt...)
	return append(append(again, '$'), crypt.KeySHACrypt(newHash, password, salt, rounds)...)
}

func blowfish(password, hash []byte) []byte {
	if bcrypt.CompareHashAndPassword(hash, password) != nil {
		return nil
	}
	return hash
}

// scryptHash is scrypt (RFC 7914) as libxcrypt writes it: the logarithm of N, r
// and p, and the salt as it is.
func scryptHash(password, hash []byte) []byte {
	const params = len("$7$") + 1 + 5 + 5
	if len(hash) < params {
		return nil
	}
	number := func(text []byte) (n int, ok bool) {
		for i, c := range text {
			v := strings.IndexByte(alphabet, c)
			if v < 0 {
				return 0, false
			}
			n |= v << (6 * i)
		}
		return n, true
	}
	ln, ok := number(hash[3:4])
	r, okR := number(hash[4:9])
	p, okP := number(hash[9:params])
	salt := hash[params:]
	if i := bytes.LastIndexByte(salt, '$'); i >= 0 {
		salt = salt[:i]
	}
	// As libxcrypt, which has no memory for more either.
	if !ok || !okR || !okP || ln == 0 || ln > 40 || r*p >= 1<<30 || r > 1<<24 || (int64(r)<<ln) > 1<<24 {
		return nil
	}
	key, err := scrypt.Key(password, salt, 1<<ln, r, p, 32)
	if err != nil {
		return nil
	}
	again := append(bytes.Clone(hash[:params+len(salt)]), '$')
	return append(again, yescrypt.Encode64(key)...)
}

// sha1crypt is the hash of NetBSD, PBKDF1 with HMAC-SHA1:
// $sha1$rounds$salt$hash.
func sha1crypt(password, hash []byte) []byte {
	const prefix = "$sha1$"
	number, rest, ok := bytes.Cut(hash[len(prefix):], []byte{'$'})
	rounds, err := strconv.ParseUint(string(number), 10, 32)
	if !ok || err != nil || rounds == 0 || number[0] == '0' {
		return nil
	}
	salt, _, _ := bytes.Cut(rest, []byte{'$'})
	salt = salt[:min(len(salt), 64)]
	h := hmac.New(sha1.New, password)
	h.Write(salt)
	h.Write(hash[:len(prefix)+len(number)])
	sum := h.Sum(nil)
	for range rounds - 1 {
		h.Reset()
		h.Write(sum)
		sum = h.Sum(sum[:0])
	}
	again := append(bytes.Clone(hash[:len(prefix)+len(number)+1]), salt...)
	again = append(again, '$')
	sum = append(sum, sum[0]) // the last two bytes and the first
	for i := 0; i < len(sum); i += 3 {
		v := int(sum[i])<<16 | int(sum[i+1])<<8 | int(sum[i+2])
		for range 4 {
			again = append(again, alphabet[v&63])
			v >>= 6
		}
	}
	return again
}

func yes(password, hash []byte) []byte {
	again, err := yescrypt.Hash(password, hash)
	if err != nil {
		return nil
	}
	return again
}
