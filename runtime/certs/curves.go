package certs

import (
	"crypto/tls"
	"errors"
	"slices"
	"strings"
)

// A curve is a group for key exchange.
type curve struct {
	id    tls.CurveID
	names []string
}

// curves are the groups that crypto/tls has, by the names that OpenSSL has for
// them; the first is the one that is shown.
var curves = []curve{
	{tls.CurveP256, []string{"prime256v1", "secp256r1", "P-256"}},
	{tls.CurveP384, []string{"secp384r1", "P-384"}},
	{tls.CurveP521, []string{"secp521r1", "P-521"}},
	{tls.X25519, []string{"X25519"}},
	{tls.X25519MLKEM768, []string{"X25519MLKEM768"}},
	{tls.SecP256r1MLKEM768, []string{"SecP256r1MLKEM768"}},
	{tls.SecP384r1MLKEM1024, []string{"SecP384r1MLKEM1024"}},
}

// foreign are groups that OpenSSL has and crypto/tls has not, with their
// numbers (IANA, TLS Supported Groups).
var foreign = []curve{
	{18, []string{"secp192k1"}}, {19, []string{"prime192v1", "secp192r1", "P-192"}},
	{20, []string{"secp224k1"}}, {21, []string{"secp224r1", "P-224"}}, {22, []string{"secp256k1"}},
	{26, []string{"brainpoolP256r1"}}, {27, []string{"brainpoolP384r1"}}, {28, []string{"brainpoolP512r1"}},
	{30, []string{"X448"}},
	{256, []string{"ffdhe2048"}}, {257, []string{"ffdhe3072"}}, {258, []string{"ffdhe4096"}},
	{259, []string{"ffdhe6144"}}, {260, []string{"ffdhe8192"}},
	{1, []string{"sect163k1"}}, {2, []string{"sect163r1"}}, {3, []string{"sect163r2"}}, {4, []string{"sect193r1"}},
	{5, []string{"sect193r2"}}, {6, []string{"sect233k1"}}, {7, []string{"sect233r1"}}, {8, []string{"sect239k1"}},
	{9, []string{"sect283k1"}}, {10, []string{"sect283r1"}}, {11, []string{"sect409k1"}}, {12, []string{"sect409r1"}},
	{13, []string{"sect571k1"}}, {14, []string{"sect571r1"}}, {15, []string{"secp160k1"}}, {16, []string{"secp160r1"}},
	{17, []string{"secp160r2"}},
}

// CurveName returns OpenSSL's name of a group, or its number as "0x001d".
func CurveName(id tls.CurveID) string {
	for _, list := range [...][]curve{curves, foreign} {
		for _, c := range list {
			if c.id == id {
				return c.names[0]
			}
		}
	}
	return "0x" + hexOf(uint16(id))
}

// parseCurves returns the groups that a list names; nil for "auto", which
// leaves the choice to crypto/tls.
func parseCurves(list string, warn func(string, ...any)) ([]tls.CurveID, error) {
	if list == "auto" || list == "" {
		return nil, nil
	}
	var ids []tls.CurveID
	var missing []string
	for name := range strings.SplitSeq(list, ":") {
		optional := strings.HasPrefix(name, "?")
		name = strings.TrimPrefix(strings.TrimPrefix(name, "?"), "*")
		is := func(names []string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
		}
		i := slices.IndexFunc(curves, func(c curve) bool { return is(c.names) })
		switch {
		case i >= 0:
			ids = append(ids, curves[i].id)
		case slices.ContainsFunc(foreign, func(c curve) bool { return is(c.names) }):
			missing = append(missing, name)
		case !optional:
			return nil, failed(`SSL_CTX_set1_curves_list("`+list+`") failed`, "error:0A080106:SSL routines::passed invalid argument:group '"+name+"' cannot be set")
		}
	}
	if len(missing) > 0 {
		warn(`"ssl_ecdh_curve": cannot be offered, ignored: %s`, strings.Join(missing, ":"))
	}
	if len(ids) == 0 {
		return nil, errors.New(`none of the curves of "` + list + `" is supported`)
	}
	return ids, nil
}
