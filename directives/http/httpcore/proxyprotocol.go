package httpcore

import (
	"strconv"

	"understudy/runtime/conn"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// proxyVariables are what the PROXY protocol header of a connection says.
var proxyVariables = []httpd.Variable{
	{Name: "proxy_protocol_addr", Doc: "The client's address from the PROXY protocol header.", Get: proxied(func(h *conn.ProxyHeader) (string, uint16) { return h.Src, 0 })},
	{Name: "proxy_protocol_port", Doc: "The client's port from the PROXY protocol header.", Get: proxied(func(h *conn.ProxyHeader) (string, uint16) { return "", h.SrcPort })},
	{Name: "proxy_protocol_server_addr", Doc: "The server's address from the PROXY protocol header.", Get: proxied(func(h *conn.ProxyHeader) (string, uint16) { return h.Dst, 0 })},
	{Name: "proxy_protocol_server_port", Doc: "The server's port from the PROXY protocol header.", Get: proxied(func(h *conn.ProxyHeader) (string, uint16) { return "", h.DstPort })},
	{Name: "proxy_protocol_tlv_*", Doc: "A TLV of the PROXY protocol header.", Get: proxyTLV},
}

func proxied(get func(*conn.ProxyHeader) (addr string, port uint16)) func(*httpd.Request, string) ([]byte, bool) {
	return func(r *httpd.Request, _ string) ([]byte, bool) {
		h := proxyHeader(r)
		if h == nil {
			return nil, false
		}
		addr, port := get(h)
		if addr != "" {
			return r.CopyString(addr), true
		}
		if port == 0 {
			return []byte{}, true
		}
		return strconv.AppendUint(r.Alloc(5), uint64(port), 10), true
	}
}

func proxyHeader(r *httpd.Request) *conn.ProxyHeader {
	if r.Client == nil {
		return nil
	}
	return r.Client.ProxyHeader()
}

func proxyTLV(r *httpd.Request, name string) ([]byte, bool) {
	h := proxyHeader(r)
	if h == nil {
		return nil, false
	}
	val, ok, err := h.TLV(name)
	if err != nil {
		r.Errorf(logs.Error, "%v", err)
	}
	return val, ok
}
