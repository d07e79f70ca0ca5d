# A websocket server that sends back each short text: the terminal's image has Perl, and no module for this.
use strict;
use IO::Socket::INET;

my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 16, ReuseAddr => 1) or die "cannot listen: $!";
$SIG{CHLD} = 'IGNORE';
while (my $client = $server->accept) {
    if (fork) { close $client; next }
    my $key = '';
    while (defined(my $line = <$client>)) {
        $key = $1 if $line =~ /^sec-websocket-key:\s*(\S+)/i;
        last if $line =~ /^\r?\n$/;
    }
    exit unless $key =~ m{^[A-Za-z0-9+/=]+$};
    my $hash = pack 'H*', substr `printf %s '${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11' | sha1sum`, 0, 40;
    my $accept = substr pack('u', $hash), 1, 28;
    $accept =~ tr|` -_|AA-Za-z0-9+/|;
    substr($accept, -1) = '=';
    print $client "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: $accept\r\n\r\n";
    $client->flush;
    while (read($client, my $head, 2) == 2) {
        my ($kind, $length) = unpack 'CC', $head;
        exit if $kind == 0x88;
        $length &= 0x7f;
        read $client, my $mask, 4;
        read $client, my $text, $length;
        $text ^= substr($mask x 32, 0, $length);
        print $client pack('CC', 0x81, $length), $text;
        $client->flush;
    }
    exit;
}
