module kanmon-bench-go-proxy

go 1.24
