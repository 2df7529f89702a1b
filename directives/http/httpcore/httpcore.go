// Package httpcore declares the http, server and location blocks and the
// directives that belong to no other module, and builds the graph of a http
// block.
//
// https://nginx.org/en/docs/http/ngx_http_core_module.html
package httpcore

import (
	"slices"
	"time"

	"understudy/directives/listening"
	"understudy/directives/servername"
	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
	"understudy/runtime/openfile"
)

const (
	servers   = spec.HTTP | spec.Server
	anywhere  = spec.HTTP | spec.Server | spec.Location
	orIf      = anywhere | spec.LocationIf
	everyHTTP = anywhere | spec.ServerIf | spec.LocationIf | spec.LimitExcept
)

// Module is ngx_http_core_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_core",
	Directives: slices.Concat(
		blocks, names, headers, bodies, files, sending, connections, redirects, pages, limits, resolvers, fileCache, accepted,
		[]spec.Directive[conf]{errorLogs, disableSymlinks},
	),
	Variables: variables,
	Main: func(c *conf, b *spec.Builder) error {
		b.Scope.SetResolving(c.lookup.Resolving())
		return nil
	},
	Location: (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	// of a server
	hasListen bool
	names     servername.List

	// of the http block
	ports listening.Ports

	// of a location
	internal  spec.Value[bool]
	hasExcept bool // there is a limit_except

	headerTimeout spec.Value[time.Duration]
	headerBuffer  spec.Value[int64]
	largeBuffers  spec.Value[spec.Buffers]
	outputBuffers spec.Value[spec.Buffers]
	maxHeaders    spec.Value[int]
	ignoreInvalid spec.Value[bool]
	mergeSlashes  spec.Value[bool]
	underscores   spec.Value[bool]

	root        spec.Value[root]
	types       spec.Value[map[string][]byte]
	defaultType spec.Value[string]

	maxBody     spec.Value[int64]
	bodyBuffer  spec.Value[int64]
	bodyTimeout spec.Value[time.Duration]
	bodyTemp    spec.Value[*httpd.TempPath]
	bodyInFile  spec.Value[httpd.BodyFile]
	sendfile    spec.Value[bool]
	nopush      spec.Value[bool]
	nodelay     spec.Value[bool]
	sendTimeout spec.Value[time.Duration]
	postpone    spec.Value[int64]
	rate        spec.Value[*httpd.Template]
	rateAfter   spec.Value[*httpd.Template]

	keepaliveTime     spec.Value[time.Duration]
	keepaliveTimeout  spec.Value[[2]time.Duration]
	keepaliveMin      spec.Value[time.Duration]
	keepaliveRequests spec.Value[int]
	keepaliveDisable  spec.Value[httpd.BrowserSet]
	lingering         spec.Value[httpd.Lingering]
	lingeringTime     spec.Value[time.Duration]
	lingeringTimeout  spec.Value[time.Duration]
	resetTimedout     spec.Value[bool]

	satisfy        spec.Value[httpd.Satisfy]
	authDelay      spec.Value[time.Duration]
	absolute       spec.Value[bool]
	nameInRedirect spec.Value[bool]
	portInRedirect spec.Value[bool]
	msiePadding    spec.Value[bool]
	msieRefresh    spec.Value[bool]
	logNotFound    spec.Value[bool]
	logSubrequest  spec.Value[bool]
	subOutput      spec.Value[int64]
	recursivePages spec.Value[bool]
	tokens         spec.Value[httpd.Tokens]
	modified       spec.Value[httpd.ModifiedRule]
	maxRanges      spec.Value[int]
	chunked        spec.Value[bool]
	etag           spec.Value[bool]
	errorPages     spec.Value[[]httpd.ErrorPage]
	postAction     spec.Value[string]
	earlyHints     spec.Value[[]*httpd.Template]
	earlyRead      spec.Value[[]*httpd.Template]
	errorLog       spec.Value[*errorLog]
	lookup         spec.Lookup
	symlinks       spec.Value[symlinks]
	fileCache      spec.Value[*openfile.Cache]
	fileValid      spec.Value[time.Duration]
	fileMinUses    spec.Value[int]
	fileErrors     spec.Value[bool]

	connectionPool spec.Value[int64]
	accepted       map[string]diag.Pos // what has no effect
}

// addTo gives a location its settings.
func (c *conf) addTo(b *spec.Builder) error {
	l := b.Location
	log, debug := c.errorLog.V.logger(b.HTTP, b.Env().Logs)
	l.Settings = httpd.Settings{
		Internal:             c.internal.V,
		FileCache:            c.files(),
		MaxBody:              c.maxBody.V,
		BodyBuffer:           int(c.bodyBuffer.V),
		BodyTimeout:          c.bodyTimeout.V,
		BodyTemp:             c.bodyTemp.V,
		BodyInFileOnly:       c.bodyInFile.V,
		SendTimeout:          c.sendTimeout.V,
		KeepaliveTimeout:     c.keepaliveTimeout.V[0],
		KeepaliveHeader:      c.keepaliveTimeout.V[1],
		KeepaliveRequests:    c.keepaliveRequests.V,
		KeepaliveTime:        c.keepaliveTime.V,
		KeepaliveDisable:     c.keepaliveDisable.V,
		Lingering:            c.lingering.V,
		LingeringTime:        c.lingeringTime.V,
		LingeringTimeout:     c.lingeringTimeout.V,
		ResetTimedout:        c.resetTimedout.V,
		AbsoluteRedirect:     c.absolute.V,
		PortInRedirect:       c.portInRedirect.V,
		ServerNameInRedirect: c.nameInRedirect.V,
		MSIEPadding:          c.msiePadding.V,
		MSIERefresh:          c.msieRefresh.V,
		ChunkedTransfer:      c.chunked.V,
		ETag:                 c.etag.V,
		IfModifiedSince:      c.modified.V,
		MaxRanges:            c.ranges(),
		ServerTokens:         c.tokens.V,
		Root:                 c.root.V.path,
		Alias:                c.root.V.alias,
		AliasOf:              c.root.V.of,
		Types:                c.typesOrDefault(),
		DefaultType:          []byte(c.defaultType.V),
		Sendfile:             c.sendfile.V,
		TCPNoDelay:           c.nodelay.V,
		TCPNoPush:            c.nopush.V,
		PostponeOutput:       int(c.postpone.V),
		LimitRate:            c.rate.V,
		LimitRateAfter:       c.rateAfter.V,
		Satisfy:              c.satisfy.V,
		ErrorPages:           c.errorPages.V,
		RecursiveErrorPages:  c.recursivePages.V,
		LogNotFound:          c.logNotFound.V,
		LogSubrequest:        c.logSubrequest.V,
		SubOutput:            int(c.subOutput.V),
		PostAction:           c.postAction.V,
		AuthDelay:            c.authDelay.V,
		KeepaliveMin:         c.keepaliveMin.V,
		EarlyHints:           c.earlyHints.V,
		EarlyRead:            c.earlyRead.V,
		Links:                c.symlinks.V.links,
		LinksFrom:            c.symlinks.V.from,
		Resolve:              c.resolve(),
		ErrorLog:             log,
		Debug:                debug,
	}
	return nil
}

func (c *conf) ranges() int {
	if !c.maxRanges.Given() {
		return -1
	}
	return c.maxRanges.V
}
