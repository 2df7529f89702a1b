package authbasic

import "strings"

// The tables of DES, FIPS 46-3. Bits are numbered from 1, the highest.
var (
	desE = [...]uint8{
		32, 1, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9, 8, 9, 10, 11,
		12, 13, 12, 13, 14, 15, 16, 17, 16, 17, 18, 19, 20, 21, 20, 21,
		22, 23, 24, 25, 24, 25, 26, 27, 28, 29, 28, 29, 30, 31, 32, 1,
	}
	desP = [...]uint8{
		16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
		2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
	}
	desIP = [...]uint8{
		58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4,
		62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
		57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3,
		61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7,
	}
	desFP = [...]uint8{
		40, 8, 48, 16, 56, 24, 64, 32, 39, 7, 47, 15, 55, 23, 63, 31,
		38, 6, 46, 14, 54, 22, 62, 30, 37, 5, 45, 13, 53, 21, 61, 29,
		36, 4, 44, 12, 52, 20, 60, 28, 35, 3, 43, 11, 51, 19, 59, 27,
		34, 2, 42, 10, 50, 18, 58, 26, 33, 1, 41, 9, 49, 17, 57, 25,
	}
	desPC1 = [...]uint8{
		57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2,
		59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36, 63, 55, 47, 39,
		31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37,
		29, 21, 13, 5, 28, 20, 12, 4,
	}
	desPC2 = [...]uint8{
		14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4,
		26, 8, 16, 7, 27, 20, 13, 2, 41, 52, 31, 37, 47, 55, 30, 40,
		51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
	}
	desS = [8][64]uint8{
		{
			14, 4, 13, 1, 2, 15, 11, 8, 3, 10, 6, 12, 5, 9, 0, 7,
			0, 15, 7, 4, 14, 2, 13, 1, 10, 6, 12, 11, 9, 5, 3, 8,
			4, 1, 14, 8, 13, 6, 2, 11, 15, 12, 9, 7, 3, 10, 5, 0,
			15, 12, 8, 2, 4, 9, 1, 7, 5, 11, 3, 14, 10, 0, 6, 13,
		},
		{
			15, 1, 8, 14, 6, 11, 3, 4, 9, 7, 2, 13, 12, 0, 5, 10,
			3, 13, 4, 7, 15, 2, 8, 14, 12, 0, 1, 10, 6, 9, 11, 5,
			0, 14, 7, 11, 10, 4, 13, 1, 5, 8, 12, 6, 9, 3, 2, 15,
			13, 8, 10, 1, 3, 15, 4, 2, 11, 6, 7, 12, 0, 5, 14, 9,
		},
		{
			10, 0, 9, 14, 6, 3, 15, 5, 1, 13, 12, 7, 11, 4, 2, 8,
			13, 7, 0, 9, 3, 4, 6, 10, 2, 8, 5, 14, 12, 11, 15, 1,
			13, 6, 4, 9, 8, 15, 3, 0, 11, 1, 2, 12, 5, 10, 14, 7,
			1, 10, 13, 0, 6, 9, 8, 7, 4, 15, 14, 3, 11, 5, 2, 12,
		},
		{
			7, 13, 14, 3, 0, 6, 9, 10, 1, 2, 8, 5, 11, 12, 4, 15,
			13, 8, 11, 5, 6, 15, 0, 3, 4, 7, 2, 12, 1, 10, 14, 9,
			10, 6, 9, 0, 12, 11, 7, 13, 15, 1, 3, 14, 5, 2, 8, 4,
			3, 15, 0, 6, 10, 1, 13, 8, 9, 4, 5, 11, 12, 7, 2, 14,
		},
		{
			2, 12, 4, 1, 7, 10, 11, 6, 8, 5, 3, 15, 13, 0, 14, 9,
			14, 11, 2, 12, 4, 7, 13, 1, 5, 0, 15, 10, 3, 9, 8, 6,
			4, 2, 1, 11, 10, 13, 7, 8, 15, 9, 12, 5, 6, 3, 0, 14,
			11, 8, 12, 7, 1, 14, 2, 13, 6, 15, 0, 9, 10, 4, 5, 3,
		},
		{
			12, 1, 10, 15, 9, 2, 6, 8, 0, 13, 3, 4, 14, 7, 5, 11,
			10, 15, 4, 2, 7, 12, 9, 5, 6, 1, 13, 14, 0, 11, 3, 8,
			9, 14, 15, 5, 2, 8, 12, 3, 7, 0, 4, 10, 1, 13, 11, 6,
			4, 3, 2, 12, 9, 5, 15, 10, 11, 14, 1, 7, 6, 0, 8, 13,
		},
		{
			4, 11, 2, 14, 15, 0, 8, 13, 3, 12, 9, 7, 5, 10, 6, 1,
			13, 0, 11, 7, 4, 9, 1, 10, 14, 3, 5, 12, 2, 15, 8, 6,
			1, 4, 11, 13, 12, 3, 7, 14, 10, 15, 6, 8, 0, 5, 9, 2,
			6, 11, 13, 8, 1, 4, 10, 7, 9, 5, 0, 15, 14, 2, 3, 12,
		},
		{
			13, 2, 8, 4, 6, 15, 11, 1, 10, 9, 3, 14, 5, 0, 12, 7,
			1, 15, 13, 8, 10, 3, 7, 4, 12, 5, 6, 11, 0, 14, 9, 2,
			7, 11, 4, 1, 9, 12, 14, 2, 0, 6, 10, 13, 15, 3, 5, 8,
			2, 1, 14, 7, 4, 10, 8, 13, 15, 12, 9, 0, 3, 5, 6, 11,
		},
	}

	// desShifts is how far the halves of the key turn before each round.
	desShifts = [16]int{1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1}
)

// descrypt is the crypt() of old: a block of zeros is encrypted 25 times by a
// DES whose expansion the salt changes. The standard package's DES cannot do
// that. It returns nil if the hash does not begin with a salt.
func descrypt(password, hash []byte) []byte {
	if len(hash) < 2 {
		return nil
	}
	expand, ok := desSalt(hash[:2])
	if !ok {
		return nil
	}
	keys := desKeys(desKey(password[:min(len(password), 8)]))
	var block uint64
	for range 25 {
		block = desEncrypt(block, &keys, expand[:])
	}
	return appendDES(append(make([]byte, 0, 13), hash[:2]...), block)
}

// bsdicrypt is the extended hash of BSDi, "_": a number of rounds and a longer
// salt follow, and all of the password counts.
func bsdicrypt(password, hash []byte) []byte {
	const prefix = len("_") + 4 + 4
	if len(hash) < prefix {
		return nil
	}
	count := 0
	for i, c := range hash[1:5] {
		v := strings.IndexByte(alphabet, c)
		if v < 0 {
			return nil
		}
		count |= v << (6 * i)
	}
	expand, ok := desSalt(hash[5:prefix])
	if !ok || count == 0 {
		return nil
	}
	key := desKey(password[:min(len(password), 8)])
	for rest := password[min(len(password), 8):]; len(rest) > 0; rest = rest[min(len(rest), 8):] {
		keys := desKeys(key)
		key = desEncrypt(key, &keys, desE[:]) ^ desKey(rest[:min(len(rest), 8)])
	}
	keys := desKeys(key)
	var block uint64
	for range count {
		block = desEncrypt(block, &keys, expand[:])
	}
	return appendDES(append(make([]byte, 0, prefix+11), hash[:prefix]...), block)
}

// desSalt is the expansion with the bits exchanged that a salt names.
func desSalt(salt []byte) (expand [48]uint8, ok bool) {
	expand = desE
	for i, c := range salt {
		v := strings.IndexByte(alphabet, c)
		if v < 0 {
			return expand, false
		}
		for j := range 6 {
			if v>>j&1 != 0 {
				expand[6*i+j], expand[6*i+j+24] = expand[6*i+j+24], expand[6*i+j]
			}
		}
	}
	return expand, true
}

// desKey makes a key of up to eight characters of seven bits.
func desKey(text []byte) (key uint64) {
	for i, c := range text {
		key |= uint64(c&0x7f) << (57 - 8*i)
	}
	return key
}

// appendDES appends a block as eleven characters.
func appendDES(out []byte, block uint64) []byte {
	for i := 58; i >= -2; i -= 6 {
		v := block << 2
		if i >= 0 {
			v = block >> i
		}
		out = append(out, alphabet[v&63])
	}
	return out
}

// permute picks bits of v, which has the given width; the first of the table
// becomes the highest.
func permute(v uint64, width int, table []uint8) (out uint64) {
	for _, bit := range table {
		out = out<<1 | v>>(width-int(bit))&1
	}
	return out
}

func desKeys(key uint64) (keys [16]uint64) {
	const half = 1<<28 - 1
	v := permute(key, 64, desPC1[:])
	c, d := v>>28, v&half
	for i, n := range desShifts {
		c = (c<<n | c>>(28-n)) & half
		d = (d<<n | d>>(28-n)) & half
		keys[i] = permute(c<<28|d, 56, desPC2[:])
	}
	return keys
}

func desEncrypt(block uint64, keys *[16]uint64, expand []uint8) uint64 {
	v := permute(block, 64, desIP[:])
	l, r := v>>32, v&0xffffffff
	for _, k := range keys {
		x := permute(r, 32, expand) ^ k
		var f uint64
		for i := range desS {
			six := x >> (42 - 6*i) & 63
			f = f<<4 | uint64(desS[i][six&0x20|six&1<<4|six>>1&15])
		}
		l, r = r, l^permute(f, 32, desP[:])
	}
	return permute(r<<32|l, 64, desFP[:])
}
