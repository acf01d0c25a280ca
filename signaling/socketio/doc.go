// Package socketio is a server for version 5 of the Socket.IO protocol: named events with acknowledgements, in
// namespaces and rooms, over the transports of package engineio.
//
// A client's life on one connection:
//
//	40{"token":…}      →            CONNECT: the namespace's middleware runs with this auth payload
//	                   ←  40{"sid":…,"pid":…}    or 44{"message":…,"data":…}
//	421["name",…]      →            EVENT with ack id 1: the namespace's handlers
//	                   ←  431[…]    ACK
//	                   ←  42["name",…,"offset"]  EVENT of the server; the offset is there for recovery
//	41                 ↔            DISCONNECT
//
// Order: the packets of one connection are handled one after the other, on a goroutine that exists only while there are
// any. What one goroutine emits to a socket arrives in that order.
//
// Delivery is at most once. With recovery enabled, a client that lost its connection and comes back within the window
// gets what it missed, if all of it is still there, and otherwise none of it (Socket.Recovered says which).
package socketio
