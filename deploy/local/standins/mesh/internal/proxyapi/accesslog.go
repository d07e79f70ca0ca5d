package proxyapi

// Kinds of lines in Envoy's access log.
const (
	InboundHTTP   = "inbound_http"
	InboundTCP    = "inbound_tcp"
	InboundClosed = "inbound_closed"
	OutboundHTTP  = "outbound_http"
)

// Connected is the type of the line that is written when a connection has reached its endpoint; another one comes at its end.
const Connected = "TcpUpstreamConnected"

// Line is one line of Envoy's access log, which the proxy reads from Envoy's standard output.
type Line struct {
	Kind       string `json:"kind"`
	Type       string `json:"type"`
	Connection uint64 `json:"connection"`
	Port       string `json:"port"`
	LocalPort  int    `json:"local_port"`
	Peer       string `json:"peer"`
	Cluster    string `json:"cluster"`
	Host       string `json:"host"`
	Content    string `json:"content"`
	Status     int    `json:"status"`
	GRPC       *int   `json:"grpc"`
	Flags      string `json:"flags"`
	Details    string `json:"details"`
	Closing    string `json:"closing"`
	Policy     string `json:"policy"`
	SNI        string `json:"sni"`
	FirstByte  *int64 `json:"first_byte"`
}
