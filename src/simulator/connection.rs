//! Connections that can be cut: the listener hands out streams, plain or through TLS, with a switch that breaks them.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

/// How many connections may have shaken hands and wait to be taken.
const WAITING: usize = 64;

/// Breaks the connection that it belongs to.
#[derive(Debug, Clone, Default)]
pub(super) struct Switch(Arc<AtomicBool>);

impl Switch {
    /// From now on neither side hears of the other.
    pub fn cut(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Acquire) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

/// A stream both ways.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A stream with its switch.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    switch: Switch,
}

impl Wire {
    fn new(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), switch: Switch::default() }
    }
}

/// Accepts [`Wire`]s.
pub(super) enum Wires {
    /// As they come.
    Plain(TcpListener),
    /// Once they have shaken hands; nobody waits for another's handshake.
    Tls(mpsc::Receiver<(Wire, SocketAddr)>, SocketAddr),
}

impl Wires {
    /// A listener's connections, through TLS when there is an acceptor.
    pub fn of(listener: TcpListener, address: SocketAddr, tls: Option<TlsAcceptor>) -> Self {
        let Some(tls) = tls else { return Self::Plain(listener) };
        let (ready, taken) = mpsc::channel(WAITING);
        tokio::spawn(shake_hands(listener, tls, ready));
        Self::Tls(taken, address)
    }
}

async fn shake_hands(mut listener: TcpListener, tls: TlsAcceptor, ready: mpsc::Sender<(Wire, SocketAddr)>) {
    while !ready.is_closed() {
        let (stream, address) = tokio::select! {
            accepted = accept(&mut listener) => accepted,
            () = ready.closed() => return,
        };
        let (tls, ready) = (tls.clone(), ready.clone());
        tokio::spawn(async move {
            // A client that does not trust the certificate goes away: nothing to do about it here.
            let Ok(stream) = tls.accept(stream).await else { return };
            // Nor when the server has stopped meanwhile.
            let _ = ready.send((Wire::new(stream), address)).await;
        });
    }
}

async fn accept(listener: &mut TcpListener) -> (TcpStream, SocketAddr) {
    let (stream, address) = Listener::accept(listener).await;
    // Answers are small and awaited; without this each would wait for the client's acknowledgement.
    let _ = stream.set_nodelay(true);
    (stream, address)
}

impl Listener for Wires {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self {
            Self::Plain(listener) => {
                let (stream, address) = accept(listener).await;
                (Wire::new(stream), address)
            }
            Self::Tls(taken, _) => match taken.recv().await {
                Some(accepted) => accepted,
                // The task above ends only with the server.
                None => std::future::pending().await,
            },
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        match self {
            Self::Plain(listener) => listener.local_addr(),
            Self::Tls(_, address) => Ok(*address),
        }
    }
}

impl Connected<IncomingStream<'_, Wires>> for Switch {
    fn connect_info(stream: IncomingStream<'_, Wires>) -> Self {
        stream.io().switch.clone()
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.switch.check()?;
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.switch.check()?;
        Pin::new(&mut self.stream).poll_write(context, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.switch.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
