/// A value that can be bound to a statement.
public protocol SQLValue {
  /// Binds the value to a parameter, counted from 1.
  func bind(to statement: Statement, at index: Int)
}

extension Int64: SQLValue {
  /// Binds an integer.
  public func bind(to statement: Statement, at index: Int) { statement.bind(self, at: index) }
}

extension Int: SQLValue {
  /// Binds an integer.
  public func bind(to statement: Statement, at index: Int) {
    statement.bind(Int64(self), at: index)
  }
}

extension Double: SQLValue {
  /// Binds a number.
  public func bind(to statement: Statement, at index: Int) { statement.bind(self, at: index) }
}

extension String: SQLValue {
  /// Binds text.
  public func bind(to statement: Statement, at index: Int) { statement.bind(self, at: index) }
}

extension [UInt8]: SQLValue {
  /// Binds bytes.
  public func bind(to statement: Statement, at index: Int) { statement.bind(self, at: index) }
}

extension Optional: SQLValue where Wrapped: SQLValue {
  /// Binds the value, or NULL.
  public func bind(to statement: Statement, at index: Int) {
    if let self {
      self.bind(to: statement, at: index)
    } else {
      statement.bind(nil as Int64?, at: index)
    }
  }
}
