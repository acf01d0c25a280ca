// What Parley's chat is compared with: a socket.io server that keeps nothing, asks nobody and only hands messages on.
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const http = createServer()
const io = new Server(http, { path: '/api/socket/io/', transports: ['websocket'], serveClient: false })
let number = 0

io.use((socket, next) => {
  const { token, rooms } = socket.handshake.auth
  if (typeof token !== 'string' || !Array.isArray(rooms)) return next(new Error('unauthorized'))
  socket.data.user = token
  socket.join(rooms)
  next()
})

io.on('connection', (socket) => {
  socket.on('sendMessage', ({ channelId, message, clientId }, ack) => {
    const _id = String(++number).padStart(24, '0')
    const createdAt = new Date().toISOString()
    const senderId = { _id: socket.data.user, name: socket.data.user, avatarUrl: '' }
    io.to(channelId).emit('newMessage', { // the fields of Parley's own push
      channelId, eventSeq: number, message: {
        _id, channelId, seq: number, clientId, senderId, senderModel: 'User', message, messageType: 'text', attachments: [],
        threadCount: 0, lastRepliers: [], reactions: [], mentions: [], mentioned: [], mentionsChannel: false, isPinned: false,
        isEdited: false, revision: 0, isDeleted: false, createdAt, updatedAt: createdAt,
      },
    })
    ack({ success: true, messageId: _id, channelId, clientId, seq: number, eventSeq: number, createdAt, duplicate: false })
  })
  socket.emit('ready', {})
})

http.listen(0, '127.0.0.1', () => console.log(`Parley is ready at http://127.0.0.1:${http.address().port}`))
process.stdin.resume().on('end', () => process.exit())
