package unsupported

// The http, server and location blocks.
var httpcoreGroups = []group{}
