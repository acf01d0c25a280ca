// Package engineio is a server for version 4 of the Engine.IO protocol: a message stream to a browser over HTTP long
// polling or a WebSocket, with an upgrade from the one to the other, a heartbeat, and bounded send queues.
//
// A session's life:
//
//	client                          server
//	GET  ?transport=polling      →            handshake
//	                             ←  0{"sid":…,"upgrades":["websocket"],…}
//	GET  &sid=…                  →            waits until there is something to send
//	POST &sid=…  4hello          →            Receiver.Message
//	WebSocket &sid=…  2probe     →            the upgrade's slot is reserved before the 101 is written
//	                             ←  3probe    the waiting GET ends with 6
//	5                            →            from here on everything goes over the WebSocket
//	                             ←  2         every PingInterval; the client answers 3 within PingTimeout
//
// A WebSocket without a sid begins with the open packet as its first frame and is never upgraded.
//
// An idle connection has no goroutine and no buffer: a reader comes when there is something to read and goes when there is
// no more (watcher), and so does a writer. Where that cannot be, as with TLS, a reader waits.
package engineio
