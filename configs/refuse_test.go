package configs

import (
	"os"
	"strings"
	"testing"
)

func TestRefusedFiles(t *testing.T) {
	clearEnv(t)
	tests := []struct{ name, content, want string }{
		{"unknown key", "server:\n  lisen: ':1'", "server.lisen (FILE:2) is not a key of the configuration (did you mean server.listen?)"},
		{"wrong case", "server: {publicURL: x}", "server.publicURL (FILE:1) is not a key of the configuration (did you mean server.publicUrl?)"},
		{"wrong part", "secret: x", "secret (FILE:1) is not a key of the configuration (did you mean auth.secret?)"},
		{"unknown part", "sever: {}", "sever (FILE:1) is not a key of the configuration (did you mean server?)"},
		{"far from all", "zzzzzz: 1", "zzzzzz (FILE:1) is not a key of the configuration"},
		{"dots", "server.listen: ':1'", "server.listen (FILE:1) must be written in parts, each below the other, not with dots"},
		{"twice", "log: {level: info}\nlog: {level: info}", "log (FILE:2) is there twice"},
		{"number for text", "auth:\n  secret: 12345678901234567890123456789012", "auth.secret (FILE:2) must be text, not a number; put it in quotes"},
		{"text for a number", "server: {maxConnections: '99'}", "server.maxConnections (FILE:1) must be a number, not text"},
		{"text for yes", "server: {tls: {acme: {agreeToTerms: 'true'}}}", "server.tls.acme.agreeToTerms (FILE:1) must be true or false, not text"},
		{"number for yes", "server: {tls: {acme: {agreeToTerms: 1}}}", "server.tls.acme.agreeToTerms (FILE:1) must be true or false, not a number"},
		{"yes for text", "log: {level: true}", "log.level (FILE:1) must be text, not true or false; put it in quotes"},
		{"list for text", "log: {level: [info]}", "log.level (FILE:1) must be text, not a list"},
		{"keys for text", "log: {level: {info: x}}", "log.level (FILE:1) must be text, not keys and values"},
		{"text for list", "server: {allowedOrigins: 'https://x.example'}", `server.allowedOrigins (FILE:1) must be a list such as ["a", "b"], not text`},
		{"number in list", "server:\n  allowedOrigins:\n    - a\n    - 7", "server.allowedOrigins (FILE:4) must be a list of texts and holds a number"},
		{"text for keys", "server: ':8080'", "server (FILE:1) takes keys below it, not text"},
		{"list for all", "- a", "FILE holds a list where keys such as server: belong"},
		{"two documents", "log: {}\n---\nlog: {}", "FILE holds more than one YAML document"},
		{"no YAML", "server: {listen", "FILE is not YAML: yaml: "},
		{"merge key", "log: &l {}\n<<: *l", "<< (FILE:2) is not a key of the configuration"},
		{"bad listen", "server:\n\n  listen: eighty", `server.listen (FILE:3): "eighty" is not an address`},
		{"bad level", "log: {level: loud}", `log.level (FILE:1): "loud" is none of debug, info, warn and error`},
		{"no auth", "log: {level: info}", "nothing says who signs tokens: set auth.secret, auth.publicKeyFile or auth.jwksUrl in FILE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := yamlFile(t, tt.content)
			_, err := tryLoad(t, "--config", path)
			wantSentence(t, err, strings.ReplaceAll(tt.want, "FILE", path))
		})
	}
}

func TestRefusedValues(t *testing.T) {
	clearEnv(t)
	dir := t.TempDir()
	cert, key := keyPair(t)
	_, otherKey := keyPair(t)
	pem := cert // a certificate holds a public key
	auth := "--auth.secret=" + secret
	tests := map[string]struct {
		args []string
		want string
	}{
		"no auth":            {nil, "nothing says who signs tokens: set auth.secret, auth.publicKeyFile or auth.jwksUrl in the environment"},
		"short secret":       {[]string{"--auth.secret=hunter2"}, "auth.secret (--auth.secret): has 7 bytes and needs at least 32"},
		"two ways":           {[]string{auth, "--auth.jwksUrl=https://x.example"}, "auth.secret (--auth.secret): is set and so is auth.jwksUrl"},
		"two other ways":     {[]string{"--auth.publicKeyFile", pem, "--auth.jwksUrl=https://x.example"}, "auth.publicKeyFile (--auth.publicKeyFile): is set and so is auth.jwksUrl"},
		"three ways":         {[]string{auth, "--auth.publicKeyFile", pem, "--auth.jwksUrl=https://x.example"}, "auth.secret (--auth.secret): is set and so is"},
		"no key file":        {[]string{"--auth.publicKeyFile=/nowhere"}, "auth.publicKeyFile (--auth.publicKeyFile): cannot be used: read the public key: open /nowhere"},
		"no public key":      {[]string{"--auth.publicKeyFile", key}, "not a public key"},
		"jwks without http":  {[]string{"--auth.jwksUrl=file:///etc/passwd"}, "auth.jwksUrl (--auth.jwksUrl): is not an http or https address"},
		"dev and jwks":       {[]string{"--dev", "--auth.jwksUrl=https://x.example"}, "auth.jwksUrl (--auth.jwksUrl): cannot be used with --dev"},
		"dev and a key":      {[]string{"--dev", "--auth.publicKeyFile", pem}, "cannot be used with --dev"},
		"dev for all":        {[]string{"--dev", "--listen=:8080"}, `server.listen (--server.listen): ":8080" is not a loopback address`},
		"dev for the office": {[]string{"--dev", "--listen=192.168.0.1:8080"}, "if you mean it, add --dev-allow-remote"},
		"half a dev":         {[]string{auth, "--dev-allow-remote"}, "--dev-allow-remote says nothing without --dev"},
		"port only":          {[]string{auth, "--listen=8080"}, `"8080" is not an address such as`},
		"port of words":      {[]string{auth, "--listen=:http"}, `"http" is not a port`},
		"port too high":      {[]string{auth, "--listen=:65536"}, `"65536" is not a port`},
		"port with a plus":   {[]string{auth, "--listen=:+1"}, `"+1" is not`},
		"port with a zero":   {[]string{auth, "--listen=:080"}, `"080" is not`},
		"listen on a name":   {[]string{auth, "--listen=example.com:80"}, `"example.com" is not an IP address`},
		"no listen":          {[]string{auth, "--listen="}, `"" is not an address`},
		"listen twice":       {[]string{auth, "--server.alsoListen=:1,:1"}, `server.alsoListen (--server.alsoListen): ":1" is listened on already`},
		"listen on the same": {[]string{auth, "--server.alsoListen=:8080"}, `":8080" is listened on already`},
		"also for the world": {[]string{"--dev", "--server.alsoListen=:1"}, `":1" is not a loopback address`},
		"also on a word":     {[]string{auth, "--server.alsoListen=x"}, `"x" is not an address such as`},
		"half a connection":  {[]string{auth, "--server.maxConnections=1.5"}, `server.maxConnections (--server.maxConnections): "1.5" is not a whole number`},
		"a signed number":    {[]string{auth, "--server.maxConnections=+50"}, `"+50" is not a whole number`},
		"no connections":     {[]string{auth, "--server.maxConnections=0"}, "0 is less than 16"},
		"few per address":    {[]string{auth, "--server.maxConnectionsPerAddress=-1"}, "server.maxConnectionsPerAddress (--server.maxConnectionsPerAddress): -1 is less than 16"},
		"no such language":   {[]string{auth, "--chat.searchLanguage=latin"}, `"latin" is none of simple, `},
		"no message":         {[]string{auth, "--chat.messageBurst=0"}, "chat.messageBurst (--chat.messageBurst): 0 is not between 1 and 1000"},
		"no message ever":    {[]string{auth, "--chat.messagesPerSecond=0"}, "0 is not between 1 and 1000"},
		"no new socket":      {[]string{auth, "--server.connectsPerMinute=0"}, "0 is not between 1 and 100000"},
		"acme and files":     {[]string{auth, "--server.tls.acme.domains=x.example", "--server.tls.cert", cert, "--server.tls.key", key}, "server.tls.cert (--server.tls.cert): is set and so is server.tls.acme.domains"},
		"acme by address":    {[]string{auth, "--server.tls.acme.domains=192.0.2.1"}, `server.tls.acme.domains (--server.tls.acme.domains): "192.0.2.1" is not a domain name`},
		"acme for all":       {[]string{auth, "--server.tls.acme.domains=*.example.com"}, "is not a domain name"},
		"acme in capitals":   {[]string{auth, "--server.tls.acme.domains=X.example"}, "is not a domain name"},
		"acme not agreed":    {[]string{auth, "--server.tls.acme.domains=x.example"}, "server.tls.acme.agreeToTerms (by default): must be true"},
		"acme half agreed":   {[]string{auth, "--server.tls.acme.agreeToTerms=yes"}, `"yes" is neither true nor false`},
		"acme email":         {[]string{auth, "--server.tls.acme.domains=x.example", "--server.tls.acme.email=me"}, `server.tls.acme.email (--server.tls.acme.email): "me" is not an e-mail address`},
		"acme email alone":   {[]string{auth, "--server.tls.acme.email=a@x.example"}, "is set and server.tls.acme.domains is not"},
		"acme in the clear":  {[]string{auth, "--server.tls.acme.directory=http://x.example"}, `"http://x.example" is not an https address`},
		"acme root gone":     {[]string{auth, "--server.tls.acme.rootFile=/nowhere"}, "server.tls.acme.rootFile (--server.tls.acme.rootFile): cannot be read"},
		"acme root of words": {[]string{auth, "--server.tls.acme.rootFile", key}, "holds no certificate"},
		"turn secret":        {[]string{auth, "--turn.secret=short"}, "turn.secret (--turn.secret): has 5 bytes and needs at least 32"},
		"turn realm":         {[]string{auth, "--turn.realm=a b"}, `turn.realm (--turn.realm): "a b" has a character`},
		"no turn realm":      {[]string{auth, "--turn.realm="}, "turn.realm (--turn.realm): has 0 characters"},
		"turn ttl":           {[]string{auth, "--turn.ttlMinutes=4"}, "turn.ttlMinutes (--turn.ttlMinutes): 4 is less than 5"},
		"turn port":          {[]string{auth, "--turn.udp=3478"}, `turn.udp (--turn.udp): "3478" is not an address`},
		"turn on a name":     {[]string{auth, "--turn.tcp=example.com:1"}, `"example.com" is not an IP address`},
		"turn tls alone":     {[]string{auth, "--turn.tls=:5349"}, "turn.tls (--turn.tls): is set, and there is no certificate"},
		"turn for nobody":    {[]string{auth, "--turn.allocationsPerUser=0"}, "0 is less than 1"},
		"turn slow":          {[]string{auth, "--turn.bytesPerSecondPerUser=1"}, "1 is less than 10000"},
		"public ftp":         {[]string{auth, "--server.publicUrl=ftp://x.example"}, "server.publicUrl (--server.publicUrl):"},
		"public path":        {[]string{auth, "--server.publicUrl=https://x.example/parley"}, "without a path"},
		"public user":        {[]string{auth, "--server.publicUrl=https://a:b@x.example"}, "server.publicUrl"},
		"public host":        {[]string{auth, "--server.publicUrl=https://:443"}, "server.publicUrl"},
		"public words":       {[]string{auth, "--server.publicUrl=parley.example.com"}, "server.publicUrl"},
		"any origin":         {[]string{auth, "--server.allowedOrigins=*"}, "server.allowedOrigins (--server.allowedOrigins):"},
		"half any origin":    {[]string{auth, "--server.allowedOrigins=https://*.example.com"}, "is not an origin such as"},
		"null origin":        {[]string{auth, "--server.allowedOrigins=https://ok.example,null"}, `"null" is not an origin`},
		"letters of a name":  {[]string{auth, "--server.allowedOrigins=https://bücher.example"}, "is not an origin such as"},
		"cert alone":         {[]string{auth, "--server.tls.cert", pem}, "server.tls.cert (--server.tls.cert): is set and server.tls.key is not"},
		"key alone":          {[]string{auth, "--server.tls.key", pem}, "server.tls.key (--server.tls.key): is set and server.tls.cert is not"},
		"cert is a folder":   {[]string{auth, "--server.tls.key", pem, "--server.tls.cert", dir}, "server.tls.cert (--server.tls.cert): cannot be read"},
		"no cert":            {[]string{auth, "--server.tls.key", key, "--server.tls.cert=/nowhere"}, "server.tls.cert (--server.tls.cert): cannot be read: open /nowhere"},
		"no key":             {[]string{auth, "--server.tls.key=/nowhere", "--server.tls.cert", cert}, "server.tls.key (--server.tls.key): cannot be used with the certificate in server.tls.cert: open /nowhere"},
		"another key":        {[]string{auth, "--server.tls.key", otherKey, "--server.tls.cert", cert}, "private key does not match public key"},
		"bad proxy":          {[]string{auth, "--server.trustedProxies=10.0.0.0/33"}, `"10.0.0.0/33" is neither`},
		"media name":         {[]string{auth, "--media.publicIp=example.com"}, `media.publicIp (--media.publicIp): "example.com" is not an IP address`},
		"media everywhere":   {[]string{auth, "--media.publicIp=0.0.0.0"}, "is not an IP address that a browser could send to"},
		"nobody to ask":      {[]string{auth, "--media.publicIp=auto"}, "media.publicIp (--media.publicIp): is auto, and media.stunServer names nobody to ask"},
		"nothing to ask":     {[]string{auth, "--media.stunServer=h:1"}, "media.stunServer (--media.stunServer): is set, and says nothing unless media.publicIp is auto"},
		"STUN without port":  {[]string{auth, "--media.publicIp=auto", "--media.stunServer=h"}, `media.stunServer (--media.stunServer): "h" is not a host and a port`},
		"STUN without host":  {[]string{auth, "--media.publicIp=auto", "--media.stunServer=:3478"}, `":3478" is not a host and a port`},
		"few participants":   {[]string{auth, "--media.maxParticipants=1"}, "media.maxParticipants (--media.maxParticipants): 1 is not between 2 and 100"},
		"many participants":  {[]string{auth, "--media.maxParticipants=101"}, "101 is not between 2 and 100"},
		"no talkers":         {[]string{auth, "--media.maxTalkers=0"}, "media.maxTalkers (--media.maxTalkers): 0 is not between 1 and 100"},
		"words for a number": {[]string{auth, "--media.maxTalkers=ten"}, `"ten" is not a whole number`},
		"half a number":      {[]string{auth, "--media.maxUplink=2.5"}, `"2.5" is not a whole number`},
		"no uplink":          {[]string{auth, "--media.maxUplink=-3"}, "-3 is not between 1 and 1000"},
		"database path":      {[]string{auth, "--database.url=mysql://u:hunter2@h/n"}, "database.url (--database.url): is not an address such as postgres://"},
		"database twice":     {[]string{auth, "--database.url=postgres://h/n", "--database.binDir", dir}, "database.binDir (--database.binDir): is for the Postgres that Parley runs itself"},
		"redis path":         {[]string{auth, "--redis.url=http://u:hunter2@h/0"}, "redis.url (--redis.url): is not an address such as redis://"},
		"redis nowhere":      {[]string{auth, "--redis.url=redis://:hunter2@/0"}, "is not an address such as redis://"},
		"redis unreadable":   {[]string{auth, "--redis.url=redis://:hunter2@h:x/0"}, "is not an address such as redis://"},
		"redis port":         {[]string{auth, "--redis.url=redis://:hunter2@h:65536/0"}, "redis.url (--redis.url): has a port"},
		"redis database":     {[]string{auth, "--redis.url=redis://:hunter2@h/first"}, "ends in what is not the number of a database"},
		"redis databases":    {[]string{auth, "--redis.url=redis://:hunter2@h/0/1"}, "ends in what is not the number of a database"},
		"redis options":      {[]string{auth, "--redis.url=redis://:hunter2@h/0?pool_size=3"}, "where nothing belongs"},
		"redis root alone":   {[]string{auth, "--redis.rootFile", cert}, "redis.rootFile (--redis.rootFile): is set and redis.url is not"},
		"redis root in vain": {[]string{auth, "--redis.url=redis://h", "--redis.rootFile", cert}, "begin the address with rediss://"},
		"redis root gone":    {[]string{auth, "--redis.url=rediss://h", "--redis.rootFile=/nowhere"}, "redis.rootFile (--redis.rootFile): cannot be read"},
		"redis root a key":   {[]string{auth, "--redis.url=rediss://h", "--redis.rootFile", key}, "holds no certificate"},
		"no such folder":     {[]string{auth, "--database.binDir=/nowhere"}, `"/nowhere" is not a folder`},
		"folder and bucket":  {[]string{auth, "--blobs.dir", dir, "--blobs.s3.bucket=files"}, "blobs.dir (--blobs.dir): is set and so is blobs.s3.bucket"},
		"bucket in capitals": {[]string{auth, "--blobs.s3.bucket=Files"}, `blobs.s3.bucket (--blobs.s3.bucket): "Files" is not the name of a bucket`},
		"bucket with dots":   {[]string{auth, "--blobs.s3.bucket=a..b"}, `"a..b" is not the name of a bucket`},
		"bucket with a path": {[]string{auth, "--blobs.s3.bucket=files/parley"}, "is not the name of a bucket"},
		"no region":          {[]string{auth, "--blobs.s3.bucket=files", "--blobs.s3.region="}, `blobs.s3.region (--blobs.s3.region): "" is not the name of a region`},
		"endpoint alone":     {[]string{auth, "--blobs.s3.endpoint=https://s3.example"}, "blobs.s3.endpoint (--blobs.s3.endpoint): is set and blobs.s3.bucket is not"},
		"endpoint's path":    {[]string{auth, "--blobs.s3.bucket=files", "--blobs.s3.endpoint=https://s3.example/files"}, "without a path"},
		"endpoint with keys": {[]string{auth, "--blobs.s3.bucket=files", "--blobs.s3.endpoint=https://key:hunter2@s3.example"}, "blobs.s3.endpoint (--blobs.s3.endpoint): is not an address"},
		"endpoint of words":  {[]string{auth, "--blobs.s3.bucket=files", "--blobs.s3.endpoint=s3.example:9000"}, "is not an address such as https://"},
		"prefix from above":  {[]string{auth, "--blobs.s3.bucket=files", "--blobs.s3.prefix=/parley"}, `blobs.s3.prefix (--blobs.s3.prefix): "/parley" is not a prefix`},
		"prefix to above":    {[]string{auth, "--blobs.s3.bucket=files", "--blobs.s3.prefix=a/../b"}, "is not a prefix"},
		"prefix alone":       {[]string{auth, "--blobs.s3.prefix=a"}, "is set and blobs.s3.bucket is not"},
		"key without secret": {[]string{auth, "--blobs.s3.bucket=files", "--blobs.s3.accessKeyId=a"}, "blobs.s3.accessKeyId (--blobs.s3.accessKeyId): is set and blobs.s3.secretAccessKey is not"},
		"secret without key": {[]string{auth, "--blobs.s3.bucket=files", "--blobs.s3.secretAccessKey=hunter2"}, "blobs.s3.secretAccessKey (--blobs.s3.secretAccessKey): is set and blobs.s3.accessKeyId is not"},
		"secret alone":       {[]string{auth, "--blobs.s3.secretAccessKey=hunter2"}, "is set and blobs.s3.bucket is not"},
		"style of nothing":   {[]string{auth, "--blobs.s3.pathStyle=true"}, "blobs.s3.pathStyle (--blobs.s3.pathStyle): is true and blobs.s3.bucket is not set"},
		"log format":         {[]string{auth, "--log.format=xml"}, `log.format (--log.format): "xml" is neither text nor json`},
		"no file":            {[]string{"--config=/nowhere/parley.yaml"}, "the configuration file cannot be read: open /nowhere/parley.yaml"},
		"a folder":           {[]string{"--config", dir}, "the configuration file cannot be read: read " + dir},
		"no name of a file":  {[]string{"--config="}, "--config is empty"},
		"endless file":       {[]string{"--config=/dev/zero"}, "over 1048576 bytes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := tryLoad(t, tt.args...)
			wantSentence(t, err, tt.want)
		})
	}
}

func TestRefusedEnvironment(t *testing.T) {
	clearEnv(t)
	t.Run("value", func(t *testing.T) {
		t.Setenv("PARLEY_LOG_LEVEL", "loud")
		_, err := tryLoad(t, "--dev")
		wantSentence(t, err, `log.level (PARLEY_LOG_LEVEL): "loud" is none of`)
	})
	for name, want := range map[string]string{
		"PARLEY_SERVER_LISTN": "PARLEY_SERVER_LISTEN", "PARLEY_AUTH_SECRETS": "PARLEY_AUTH_SECRET", "PARLEY_auth_SECRET": "PARLEY_AUTH_SECRET",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, "x")
			_, err := tryLoad(t, "--dev")
			wantSentence(t, err, "the environment variable "+name+" sets nothing (did you mean "+want+"?)")
		})
	}
	t.Run("of somebody else", func(t *testing.T) {
		t.Setenv("PARLEY_PORT", "tcp://10.0.0.1:8080")
		t.Setenv("PARLEY_SERVICE_HOST", "10.0.0.1")
		load(t, "--dev")
	})
}

// wantSentence wants one line that begins or goes on as told and gives no secret away.
func wantSentence(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatal("accepted")
	}
	got := err.Error()
	if !strings.Contains(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if strings.Contains(got, "\n") || strings.Contains(got, "hunter2") || strings.Contains(got, secret) {
		t.Errorf("%q is more than one line or tells a secret", got)
	}
}

func FuzzFile(f *testing.F) {
	manual, err := os.ReadFile("parley.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(manual)
	f.Add([]byte("server: &a {listen: *a}\n? [x]\n: !!binary eA=="))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := checkFile("f.yaml", data); err == nil {
			return
		} else if err.Error() == "" {
			t.Error("an error that says nothing")
		}
	})
}
