// Command go-proxy is a reference: the reverse proxy of Go's standard library. Arguments: the upstream's port, its own port.
package main

import (
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
)

func main() {
	upstream := &url.URL{Scheme: "http", Host: "127.0.0.1:" + os.Args[1]}
	proxy := httputil.NewSingleHostReverseProxy(upstream)
	proxy.Transport = &http.Transport{MaxIdleConns: 1024, MaxIdleConnsPerHost: 1024, DisableCompression: true}
	proxy.FlushInterval = -1 // Every write at once, as for server-sent events.
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[2], proxy))
}
