//! What a caller may tell a running command.

use tokio::sync::mpsc;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Signal(i32),
    Stop,
    Kill,
}

/// Steers a run from elsewhere. Dropping it changes nothing; dropping the run's future ends the command at once.
#[derive(Clone, Debug)]
pub struct Steering(mpsc::UnboundedSender<Order>);

/// The run's end of a [`Steering`].
#[derive(Debug)]
pub struct Orders(pub(crate) mpsc::UnboundedReceiver<Order>);

/// A pair: one to give orders with, one for [`run`](crate::run).
pub fn steering() -> (Steering, Orders) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Steering(sender), Orders(receiver))
}

impl Orders {
    /// For a run that nobody steers.
    pub fn none() -> Self {
        steering().1
    }
}

impl Steering {
    /// Passes a signal on to the command's process group. What it makes of it is its own end.
    pub fn signal(&self, signal: i32) {
        self.send(Order::Signal(signal));
    }

    /// SIGTERM, the grace, then SIGKILL: the run ends as [`Cancelled`](crate::End::Cancelled).
    pub fn stop(&self) {
        self.send(Order::Stop);
    }

    /// SIGKILL to everything, now.
    pub fn kill(&self) {
        self.send(Order::Kill);
    }

    fn send(&self, order: Order) {
        // Nobody listens any more: the command has ended, which is what an order could achieve.
        let _ = self.0.send(order);
    }
}
